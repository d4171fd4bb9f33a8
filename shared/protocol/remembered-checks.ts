import { AWSCURRENT, holderOf, type StagingLabels } from "../staging-labels.ts";
import type { RotationEvent } from "./event.ts";

/** Secrets Manager invokes finishSecret right after testSecret. Who does later may find another database. */
const LONGEST_MS = 60_000;

/** A rotation, and the version that was current in the step that is remembered of it. */
interface Seen {
  readonly rotation: string;
  readonly current: string | undefined;
}

/** The rotation whose pending value setSecret compared last in this execution environment, and with which version. */
let compared: Seen | undefined;

/**
 * The rotation that testSecret passed last in this execution environment. In a normal rotation finishSecret runs in
 * the same one, and need not repeat the test.
 */
let last: (Seen & { readonly at: number }) | undefined;

/** The pending value follows from the current one. That stays true: the value of a version never changes. */
export function rememberCompared(event: RotationEvent, labels: StagingLabels): void {
  compared = seen(event, labels);
}

/** The version that the pending value is known to follow from; undefined if that is not known here. */
export function comparedWith(event: RotationEvent): string | undefined {
  return compared?.rotation === nameOf(event) ? compared.current : undefined;
}

export function rememberTested(event: RotationEvent, labels: StagingLabels): void {
  last = { ...seen(event, labels), at: Date.now() };
}

/** A test that passed says nothing any more once it is run again: that one may fail. */
export function forgetTested(): void {
  last = undefined;
}

/** The version that was current when testSecret passed; undefined if that was not here, or not lately. */
export function currentWhenTested(event: RotationEvent): string | undefined {
  return last?.rotation === nameOf(event) && Date.now() - last.at < LONGEST_MS ? last.current : undefined;
}

function seen(event: RotationEvent, labels: StagingLabels): Seen {
  return { rotation: nameOf(event), current: holderOf(labels, AWSCURRENT) };
}

/** Tokens alone do not do: who starts rotations himself may give two secrets the same one. */
function nameOf({ SecretId, ClientRequestToken }: RotationEvent): string {
  return `${SecretId} ${ClientRequestToken}`;
}
