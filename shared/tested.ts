import type { RotationEvent } from "./event.ts";
import { AWSCURRENT, holderOf, type StagingLabels } from "./staging-labels.ts";

/** Secrets Manager invokes finishSecret right after testSecret. Who does later may find another database. */
const LONGEST_MS = 60_000;

/**
 * The rotation that testSecret passed last in this execution environment, when, and the version that was current then.
 * In a normal rotation finishSecret runs in the same one, and need not prove again what testSecret has proved.
 */
let last: { rotation: string; current: string | undefined; at: number } | undefined;

export function rememberTested(event: RotationEvent, labels: StagingLabels): void {
  last = { rotation: nameOf(event), current: holderOf(labels, AWSCURRENT), at: Date.now() };
}

/** A test that passed says nothing any more once it is run again: that one may fail. */
export function forgetTested(): void {
  last = undefined;
}

/** The version that was current when testSecret passed; undefined if that was not here, or not lately. */
export function currentWhenTested(event: RotationEvent): string | undefined {
  return last?.rotation === nameOf(event) && Date.now() - last.at < LONGEST_MS ? last.current : undefined;
}

/** Tokens alone do not do: who starts rotations himself may give two secrets the same one. */
function nameOf({ SecretId, ClientRequestToken }: RotationEvent): string {
  return `${SecretId} ${ClientRequestToken}`;
}
