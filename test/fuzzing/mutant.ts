import type { Case } from "./area.ts";
import { ATTEMPTS, attempt } from "./attempt.ts";
import type { Bundle } from "./bundles.ts";

/** A function with one mistake, made on purpose, and the case in which a detector has to see it. */
export interface Mutant {
  /** The wrong behavior of the function, as the end of a sentence. */
  readonly mistake: string;
  /** The area whose detector must report it; undefined if every area's must. */
  readonly area?: string;
  readonly bundle: Bundle;
  /** One case, or several that run in turn until one detects the mistake. */
  readonly case: Case | readonly Case[];
  /** All of these must be found, and nothing else: a finding for another reason proves nothing. */
  readonly findings: readonly RegExp[];
}

type Examine = (one: Case, instead?: Bundle) => Promise<readonly string[] | undefined>;

/**
 * @param examine runs a case, with this function or with the right one; undefined if this machine cannot.
 * @returns undefined if it cannot be tried; otherwise why it proves nothing, or nothing.
 */
export async function whyUndetected(
  { mistake, bundle, case: cases, findings }: Mutant,
  examine: Examine,
): Promise<string[] | undefined> {
  const isSeen = (found: readonly string[]) =>
    findings.every((finding) => found.some((text) => finding.test(text))) &&
    found.every((text) => findings.some((finding) => finding.test(text)));
  const attempts = Array.isArray(cases) ? 1 : ATTEMPTS;
  let last: readonly string[] = [];
  for (const one of [cases].flat()) {
    const found = await attempt(() => examine(one, bundle), isSeen, attempts);
    if (found === undefined) return undefined;
    if (isSeen(found)) {
      const without =
        (await attempt(
          () => examine(one),
          ({ length }) => length === 0,
        )) ?? [];
      return without.map((text) => `Found without a mistake, where a function ${mistake}: ${text}`);
    }
    if (found.length > 0) last = found;
  }
  return [
    `No detector sees, as it should, that a function ${mistake}: ${last.join("; ") || "nothing found"}`,
  ];
}
