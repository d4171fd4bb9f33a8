import fc from "fast-check";
import { type Injection, isFreezing } from "./injections.ts";
import type { Part } from "./matrix.ts";
import type { Case } from "./results.ts";

/** A case with a frozen process takes seconds: a run has this many, and a sample one for every 8 other cases. */
const FREEZING = 40;
const OTHERS_PER_FREEZING = 8;

export function has({ injections }: Case, property: (injection: Injection) => boolean): boolean {
  return injections.some(property);
}

/** Whether the case waits for a timeout. */
export function isPatient(one: Case): boolean {
  return has(one, ({ fault }) => fault === "timeout" || fault === "silent");
}

export function isQuick(one: Case): boolean {
  return !isPatient(one) && !has(one, isFreezing);
}

/** Whether the fault makes the attempt fail, instead of being retried by the SDK or the function. */
function failsAttempt({ injections }: Case): boolean {
  return injections.every(
    ({ fault, point }) =>
      fault !== "stale" && fault !== "throttled" && (fault !== "cut" || point.includes(".login.")),
  );
}

/** All cases or a sample, always a sample of the cases that freeze a process, and pairs of faults. */
export function chosen(
  all: readonly Case[],
  { seed, sample = all.length, pairs, fault: only }: Part,
): Case[] {
  if (only !== undefined) {
    const own = all.filter((one) => has(one, ({ fault }) => fault === only));
    return some(own, sample, seed);
  }
  const isBlocked = ({ fault }: Injection) => fault === "blocked";
  const others = all.filter((one) => !has(one, isFreezing));
  const freezing = all.filter((one) => has(one, isFreezing) && !has(one, isBlocked));
  const singles = [
    ...some(others, sample, seed),
    ...some(freezing, Math.min(FREEZING, Math.ceil(sample / OTHERS_PER_FREEZING)), seed),
    // Each waits alone for a timeout.
    ...some(
      all.filter((one) => has(one, isBlocked)),
      sample < all.length ? 0 : 1,
      seed,
    ),
  ];
  const quick = all.filter(isQuick);
  const pair = fc
    .constantFrom(...quick.filter(failsAttempt))
    .chain((one) =>
      fc.tuple(fc.constant(one), fc.constantFrom(...quick.filter(({ variant }) => variant === one.variant))),
    );
  const twice = fc.sample(pair, { seed, numRuns: pairs }).map(
    ([one, other]): Case => ({
      variant: one.variant,
      injections: [...one.injections, ...other.injections],
    }),
  );
  return [...singles, ...twice];
}

function some(cases: readonly Case[], most: number, seed: number): Case[] {
  const length = Math.min(most, cases.length);
  if (length === cases.length) return [...cases];
  const subset = fc.shuffledSubarray([...cases], { minLength: length, maxLength: length });
  return fc.sample(subset, { seed, numRuns: 1 })[0] ?? [];
}
