import { randomUUID } from "node:crypto";
import type { RotationEvent } from "../../local/secrets-manager/events.ts";
import { createSecretsManager, type SecretsManager } from "../../local/secrets-manager/secrets-manager.ts";
import type { Assumptions } from "./assumptions.ts";
import { createCaller } from "./caller.ts";
import { createClock } from "./clock.ts";
import { createLambda } from "./lambda.ts";
import type { FunctionModel } from "./model.ts";
import { createQuotas, type Quota, WRITES, WRITES_PER_SECOND } from "./quotas.ts";
import { runStep } from "./step.ts";

export interface FleetOutcome {
  /** From the first rotation's begin to the last one's end, in seconds. */
  readonly seconds: number;
  readonly rotated: number;
  /** Secrets that still have the old value under AWSCURRENT, when the simulation was given up. */
  readonly waiting: number;
  /** Secrets that are in neither of those states. */
  readonly lost: number;
  /** Calls that Secrets Manager counted against the quota of writes, and answered. */
  readonly writes: number;
  /** Calls that Secrets Manager answered with "too many". */
  readonly throttledCalls: number;
  /** Calls that were made again, by the SDK or by the function. */
  readonly retriedCalls: number;
  /** Rotations that the service tried again because a step had failed. */
  readonly retriedRotations: number;
  readonly invocations: number;
  /** Invocations that were too many at a time. */
  readonly refusedInvocations: number;
  readonly processes: number;
}

const FUNCTION_ARN = "arn:aws:lambda:us-east-1:123456789012:function:fleet";

/** How many times longer than the quota of writes allows a fleet may take until it is given up. */
const GIVE_UP = 5;

/** The seconds that as many rotations take at least, with two writes each. */
export function shortest(secrets: number): number {
  return (secrets * WRITES.length) / WRITES_PER_SECOND;
}

/**
 * Rotates a fleet of secrets of the local Secrets Manager and its rotation service, each call of which counts against
 * AWS's quotas, in time that does not have to pass.
 *
 * @param random from 0 to 1, for pauses.
 */
export async function simulateFleet(
  model: FunctionModel,
  assumptions: Assumptions,
  random: () => number = Math.random,
  quotas?: readonly Quota[],
): Promise<FleetOutcome> {
  const clock = createClock();
  const takeFrom = createQuotas(clock.now, assumptions.throttledCount, quotas);
  let writes = 0;
  const take = (operation: string) => {
    takeFrom(operation);
    if (WRITES.includes(operation)) writes++;
  };
  const caller = createCaller(clock, assumptions, random);
  const lambda = createLambda(clock, assumptions.concurrency, model.coldStart);

  const began = Date.now();
  const service: SecretsManager = createSecretsManager({
    now: () => new Date(began + clock.now()),
    functions: () => invoke,
    attempts: Number.POSITIVE_INFINITY,
    retryDelayMilliseconds: assumptions.retrySeconds * 1000,
    wait: (milliseconds) => clock.wait(milliseconds * (0.5 + random())),
  });
  const invoke = (event: RotationEvent) =>
    lambda.invoke(() => runStep({ event, model, service, take, caller, clock, assumptions }));

  let lastEnd = 0;
  let retriedRotations = 0;
  service.observe(({ type }) => {
    if (type === "rotationSucceeded") lastEnd = clock.now();
    if (type === "rotationFailed") retriedRotations++;
  });

  const fleet = Array.from({ length: assumptions.secrets }, (_, index) => newSecret(service, index));
  for (const [index, { arn, token }] of fleet.entries()) {
    const begin = clock.wait((index / fleet.length) * assumptions.startSeconds * 1000);
    void begin.then(() => {
      service.call("RotateSecret", { SecretId: arn, ClientRequestToken: token, ...ROTATION });
    });
  }
  await clock.run((assumptions.startSeconds + 60 + GIVE_UP * shortest(fleet.length)) * 1000);

  const states = fleet.map((secret) => stateOf(service, secret));
  const count = (state: (typeof states)[number]) => states.filter((one) => one === state).length;
  return {
    seconds: lastEnd / 1000,
    rotated: count("rotated"),
    waiting: count("waiting"),
    lost: count("lost"),
    writes,
    throttledCalls: caller.throttled,
    retriedCalls: caller.retried,
    retriedRotations,
    invocations: lambda.invocations,
    refusedInvocations: lambda.refused,
    processes: lambda.processes,
  };
}

const OLD_VALUE = "the old value";
const ROTATION = { RotationLambdaARN: FUNCTION_ARN, RotationRules: { AutomaticallyAfterDays: 30 } };

interface FleetSecret {
  readonly arn: string;
  readonly first: string;
  readonly token: string;
}

export function newSecret(service: SecretsManager, index: number): FleetSecret {
  const [first, token] = [randomUUID(), randomUUID()];
  const input = { Name: `fleet-${index}`, SecretString: OLD_VALUE, ClientRequestToken: first };
  return { arn: String(Object(service.call("CreateSecret", input)).ARN), first, token };
}

/** Whether a secret has what its rotation was to give it, or still what it had; otherwise it is lost. */
export function stateOf(
  service: SecretsManager,
  { arn, first, token }: FleetSecret,
): "rotated" | "waiting" | "lost" {
  const { VersionIdsToStages: labels } = Object(service.call("DescribeSecret", { SecretId: arn }));
  const { SecretString: value } = Object(service.call("GetSecretValue", { SecretId: arn }));
  if (value === OLD_VALUE && String(labels[first]) === "AWSCURRENT") return "waiting";
  const right = String(labels[token]) === "AWSCURRENT" && String(labels[first]) === "AWSPREVIOUS";
  return right && value === token ? "rotated" : "lost";
}
