import { randomUUID } from "node:crypto";
import type { Step } from "../../shared/protocol/event.ts";
import { eventOf } from "./invoke.ts";
import { type Description, givenSecret, type OtherSecrets, type Version } from "./secrets-manager.ts";

/** The version that AWSCURRENT is on before a rotation. */
export const CURRENT_VERSION = "00000000-0000-4000-8000-000000000001";
const PREVIOUS_VERSION = "00000000-0000-4000-8000-000000000000";

/** The JSON of a secret; a key that is undefined is left out. */
export function value(changes: Record<string, unknown> = {}): string {
  const usual = { engine: "fake", host: "db.example", username: "app", password: "current-password" };
  return JSON.stringify({ ...usual, ...changes });
}

export interface Situation extends Description {
  current?: string;
  /** The value that createSecret stored; undefined before createSecret. */
  pending?: string | undefined;
  previous?: string;
  /** The labels of the version that the token names; null if the service lists no such version. */
  labels?: string[] | null;
  others?: OtherSecrets;
}

export interface Rotation {
  /** Unlike that of any other rotation, since a function remembers which versions it has seen. */
  readonly token: string;
  readonly versions: Record<string, Version>;
  event(step: Step, more?: Record<string, unknown>): Record<string, unknown>;
}

/** A secret in the middle of a rotation. */
export function givenRotation(situation: Situation = {}): Rotation {
  const { current = value(), pending, previous, labels = ["AWSPENDING"], others, ...described } = situation;
  const token = randomUUID();
  const versions: Record<string, Version> = { [CURRENT_VERSION]: { labels: ["AWSCURRENT"], value: current } };
  if (previous !== undefined) {
    versions[PREVIOUS_VERSION] = { labels: ["AWSPREVIOUS"], value: previous };
  }
  if (labels !== null) {
    versions[token] = { labels, ...(pending !== undefined && { value: pending }) };
  }
  givenSecret(versions, { RotationEnabled: true, ...described }, others);
  return { token, versions, event: (step, more) => eventOf(step, token, more) };
}

/** The situation after createSecret. */
export function givenPending(situation: Situation = {}): Rotation {
  return givenRotation({ pending: value({ password: "pending-password" }), ...situation });
}
