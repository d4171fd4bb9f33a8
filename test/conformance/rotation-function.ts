import { RotateSecretCommand, type RotateSecretCommandInput } from "@aws-sdk/client-secrets-manager";
import type { RotationEvent, Step } from "../../local/secrets-manager/events.ts";
import { describe, moveLabel, put } from "./given.ts";
import { client, local, register } from "./subject.ts";

/** A function under test control. */
export interface ScriptedFunction {
  arn: string;
  /** What it was invoked with so far. */
  events: RotationEvent[];
  /** The steps it was invoked for so far. */
  steps(): Step[];
}

type Script = (event: RotationEvent, honest: () => Promise<void>) => Promise<void>;

/**
 * A rotation function that does the least a function must: it stores "v1" and promotes it.
 * A script takes the place of a step, and may call the honest one.
 */
export function scriptedFunction(script: Partial<Record<Step, Script>> = {}): ScriptedFunction {
  const events: RotationEvent[] = [];
  const arn = register(async (event) => {
    events.push(event);
    const honest = () => HONEST[event.Step](event);
    await (script[event.Step] ?? ((_event, step) => step()))(event, honest);
  });
  return { arn, events, steps: () => events.map(({ Step }) => Step) };
}

const HONEST: Record<Step, (event: RotationEvent) => Promise<void>> = {
  async createSecret({ SecretId, ClientRequestToken }) {
    await put(SecretId, "v1", ["AWSPENDING"], ClientRequestToken);
  },
  async setSecret() {},
  async testSecret() {},
  async finishSecret({ SecretId, ClientRequestToken: to }) {
    const { VersionIdsToStages = {} } = await describe(SecretId);
    const [from] =
      Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes("AWSCURRENT")) ?? [];
    if (from !== to) await moveLabel(SecretId, "AWSCURRENT", { ...(from && { from }), to });
  },
};

export const FOUR_STEPS: readonly Step[] = ["createSecret", "setSecret", "testSecret", "finishSecret"];

export function rotate(
  SecretId: string,
  RotationLambdaARN?: string,
  more: Partial<RotateSecretCommandInput> = {},
) {
  return client.send(new RotateSecretCommand({ SecretId, RotationLambdaARN, ...more }));
}

/** Rotates and waits for the end of it; returns the token. */
export async function rotated(
  id: string,
  arn?: string,
  more: Partial<RotateSecretCommandInput> = {},
): Promise<string> {
  const { VersionId = "" } = await rotate(id, arn, more);
  await local.settled(id);
  return VersionId;
}

/** Which of these events tell how a rotation went, in their order. */
export const outcomes = (events: { type: string }[]) =>
  events.map(({ type }) => type).filter((type) => /^(testR|r)otation/.test(type));
