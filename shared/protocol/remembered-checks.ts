import { AWSCURRENT, holderOf, type StagingLabels } from "../staging-labels.ts";
import type { RotationEvent } from "./event.ts";

/** Milliseconds. Secrets Manager invokes finishSecret right after testSecret. Later, the database may have changed. */
const LONGEST_MS = 60_000;

/** A rotation, and the version that was AWSCURRENT when its step passed. */
interface PassedStep {
  readonly rotation: string;
  readonly current: string | undefined;
}

/** The last rotation whose pending value setSecret compared in this process, and the version it was compared with. */
let compared: PassedStep | undefined;

/**
 * The last rotation whose testSecret passed in this process. In a normal rotation finishSecret runs in the same process,
 * and need not repeat the test.
 */
let tested: (PassedStep & { readonly at: number }) | undefined;

/** Remembers that the pending value follows from the current one. This stays true: the value of a version never changes. */
export function rememberCompared(event: RotationEvent, labels: StagingLabels): void {
  compared = factsOf(event, labels);
}

/** Returns the version that the pending value follows from; undefined if this process has not compared them. */
export function comparedWith(event: RotationEvent): string | undefined {
  return compared?.rotation === nameOf(event) ? compared.current : undefined;
}

export function rememberTested(event: RotationEvent, labels: StagingLabels): void {
  tested = { ...factsOf(event, labels), at: Date.now() };
}

/** Forgets a passed test before the test runs again, since the new test may fail. */
export function forgetTested(): void {
  tested = undefined;
}

/** Returns the version that was AWSCURRENT when testSecret passed; undefined if it did not pass here within a minute. */
export function currentWhenTested(event: RotationEvent): string | undefined {
  return tested?.rotation === nameOf(event) && Date.now() - tested.at < LONGEST_MS
    ? tested.current
    : undefined;
}

function factsOf(event: RotationEvent, labels: StagingLabels): PassedStep {
  return { rotation: nameOf(event), current: holderOf(labels, AWSCURRENT) };
}

/** The token alone is not unique: a caller of RotateSecret may choose the same token for two secrets. */
function nameOf({ SecretId, ClientRequestToken }: RotationEvent): string {
  return `${SecretId} ${ClientRequestToken}`;
}
