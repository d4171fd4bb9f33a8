import type { RotationEvent } from "./event.ts";
import { AWSCURRENT, holderOf, type StagingLabels } from "./staging-labels.ts";

/**
 * The rotation that testSecret passed last in this execution environment, and the version that was current then.
 * In a normal rotation finishSecret runs in the same one, and need not read again what testSecret has proved.
 */
let last: { rotation: string; current: string | undefined } | undefined;

export function rememberTested(event: RotationEvent, labels: StagingLabels): void {
  last = { rotation: nameOf(event), current: holderOf(labels, AWSCURRENT) };
}

/** The version that was current when testSecret passed; undefined if that was not here. */
export function currentWhenTested(event: RotationEvent): string | undefined {
  return last?.rotation === nameOf(event) ? last.current : undefined;
}

/** Tokens alone do not do: who starts rotations himself may give two secrets the same one. */
function nameOf({ SecretId, ClientRequestToken }: RotationEvent): string {
  return `${SecretId} ${ClientRequestToken}`;
}
