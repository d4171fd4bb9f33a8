import type { RotationEvent } from "../../local/secrets-manager/events.ts";
import { createSecretsManager, type SecretsManager } from "../../local/secrets-manager/secrets-manager.ts";
import type { Assumptions } from "./assumptions.ts";
import { createCaller } from "./caller.ts";
import { createClock } from "./clock.ts";
import { createLambda } from "./lambda.ts";
import type { FunctionModel } from "./model.ts";
import { createPasswords } from "./passwords.ts";
import { createQuotas, type Quota, WRITES, WRITES_PER_SECOND } from "./quotas.ts";
import { newSecret, OLD_VALUE, type State, stateOf } from "./states.ts";
import { runStep } from "./step.ts";

/** Unavailability windows in seconds: AWSCURRENT does not log in from the end of setSecret to the end of finishSecret. */
export interface Windows {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Number of secrets in each state after the last attempt, and counts of the whole run. */
export interface FleetOutcome extends Readonly<Record<State, number>> {
  /** From the start of the first rotation to the end of the last, in seconds. */
  readonly seconds: number;
  /** Windows of the rotated secrets; undefined if none is rotated. */
  readonly windows: Windows | undefined;
  /** Answered calls that count against the quota of writes. */
  readonly writes: number;
  /** Calls that Secrets Manager throttled. */
  readonly throttledCalls: number;
  /** Calls that the SDK or the function retried. */
  readonly retriedCalls: number;
  /** Rotations that the service retried because a step had failed. */
  readonly retriedRotations: number;
  readonly invocations: number;
  /** Invocations that exceeded the concurrency. */
  readonly refusedInvocations: number;
  readonly processes: number;
}

const FUNCTION_ARN = "arn:aws:lambda:us-east-1:123456789012:function:fleet";

/** A simulation is stopped after this multiple of the least time. */
const GIVE_UP = 5;

/** Least seconds for that many rotations, with two writes each. */
export function shortest(secrets: number): number {
  return (secrets * WRITES.length) / WRITES_PER_SECOND;
}

/**
 * Rotates a fleet of secrets with the local Secrets Manager and its rotation service, in simulated time. Each call counts
 * against AWS's quotas.
 *
 * @param random numbers from 0 to 1, for pauses
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
  const passwords = createPasswords(clock.now);
  const lambda = createLambda(clock, assumptions.concurrency, model.coldStart);

  const began = Date.now();
  const service: SecretsManager = createSecretsManager({
    now: () => new Date(began + clock.now()),
    functions: () => invoke,
    attempts: assumptions.attempts,
    retryDelayMilliseconds: assumptions.retrySeconds * 1000,
    wait: (milliseconds) => clock.wait(milliseconds * (0.5 + random())),
  });
  const invoke = (event: RotationEvent) =>
    lambda.invoke((sdk) =>
      runStep({ event, model, service, passwords, take, caller, sdk, clock, assumptions }),
    );

  let lastEnd = 0;
  let retriedRotations = 0;
  service.observe((event) => {
    if (event.type === "rotationSucceeded") lastEnd = clock.now();
    if (event.type === "rotationFailed" && event.retrying) retriedRotations++;
  });

  const fleet = Array.from({ length: assumptions.secrets }, (_, index) => newSecret(service, index));
  for (const [index, { arn, token }] of fleet.entries()) {
    passwords.set(arn, OLD_VALUE);
    const moment = assumptions.atRandom ? random() : index / fleet.length;
    const start = clock.wait(moment * assumptions.startSeconds * 1000);
    void start.then(() => {
      service.call("RotateSecret", { SecretId: arn, ClientRequestToken: token, ...ROTATION });
    });
  }
  await clock.run((assumptions.startSeconds + 60 + GIVE_UP * shortest(fleet.length)) * 1000);

  const states = fleet.map((secret) => stateOf(service, secret, passwords.of(secret.arn)));
  const count = (state: State) => states.filter((one) => one === state).length;
  return {
    seconds: lastEnd / 1000,
    rotated: count("rotated"),
    waiting: count("waiting"),
    lockedOut: count("lockedOut"),
    lost: count("lost"),
    windows: windowsOf(passwords.windows),
    writes,
    throttledCalls: caller.throttled,
    retriedCalls: caller.retried,
    retriedRotations,
    invocations: lambda.invocations,
    refusedInvocations: lambda.refused,
    processes: lambda.processes,
  };
}

const ROTATION = { RotationLambdaARN: FUNCTION_ARN, RotationRules: { AutomaticallyAfterDays: 30 } };

/** Median, 99th percentile and maximum. */
function windowsOf(milliseconds: readonly number[]): Windows | undefined {
  const sorted = milliseconds.toSorted((one, other) => one - other);
  const at = (share: number) => (sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN) / 1000;
  return sorted.length === 0 ? undefined : { p50: at(0.5), p99: at(0.99), max: at(1) };
}
