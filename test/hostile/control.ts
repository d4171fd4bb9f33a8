import type { Case } from "./area.ts";
import type { Bundle } from "./bundles.ts";

/** A function with one mistake, made on purpose, and the case in which a detector has to see it. */
export interface Control {
  /** What the function does, as the end of a sentence. */
  readonly mistake: string;
  /** Whose detector it is; of every area's if there is none. */
  readonly area?: string;
  readonly bundle: Bundle;
  readonly case: Case;
  /** Each is to be found, and nothing else: a mistake that is seen for another reason shows nothing. */
  readonly findings: readonly RegExp[];
}

/** What a machine that is busy with other things may need to get as far as the mistake. */
const ATTEMPTS = 3;

/**
 * @param examine runs the case, with this function or with the right one; undefined if this machine cannot.
 * @returns undefined if it cannot be tried; otherwise why it proves nothing, or nothing.
 */
export async function blindness(
  { mistake, bundle, case: one, findings }: Control,
  examine: (one: Case, instead?: Bundle) => Promise<readonly string[] | undefined>,
): Promise<string[] | undefined> {
  const attempt = async (isGood: (found: readonly string[]) => boolean, instead?: Bundle) => {
    let found = await examine(one, instead);
    for (let more = 1; more < ATTEMPTS && found && !isGood(found); more++)
      found = await examine(one, instead);
    return found;
  };
  const isSeen = (found: readonly string[]) =>
    findings.every((finding) => found.some((text) => finding.test(text))) &&
    found.every((text) => findings.some((finding) => finding.test(text)));

  const without = await attempt(({ length }) => length === 0);
  if (without === undefined) return undefined;
  const found = (await attempt(isSeen, bundle)) ?? [];
  return [
    ...without.map((text) => `Found without a mistake, where a function ${mistake}: ${text}`),
    ...(isSeen(found)
      ? []
      : [
          `No detector sees, as it should, that a function ${mistake}: ${found.join("; ") || "nothing found"}`,
        ]),
  ];
}
