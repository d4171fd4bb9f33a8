/** Attempts, because on a busy machine a case may be late, or may not reach a mutant's mistake, in the first one. */
export const ATTEMPTS = 3;

/** Runs a case until its findings are good. @returns those of the last attempt; undefined if this machine cannot try it. */
export async function attempt<Findings extends readonly string[] | undefined>(
  examine: () => Promise<Findings>,
  isGood: (found: readonly string[]) => boolean,
  attempts = ATTEMPTS,
): Promise<Findings> {
  let found = await examine();
  for (let more = 1; more < attempts && found && !isGood(found); more++) found = await examine();
  return found;
}
