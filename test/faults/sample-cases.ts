/** After this many runs with consecutive seeds, every login and statement was tried. */
const RUNS = 4;

/**
 * Returns all cases at calls to Secrets Manager, and a quarter of those at logins and statements, chosen by the seed.
 * All cases together take hours: there are dozens of statements between two calls.
 *
 * @param only the case to run alone: then all cases are returned.
 */
export function sampleCases<Case extends { readonly point: string }>(
  cases: readonly Case[],
  { seed, only }: { readonly seed: number; readonly only?: string | undefined },
): Case[] {
  return cases.filter(({ point }, index) => {
    // The extra term varies the pattern: every fourth case may have the same moment, such as before an effect.
    const turn = index + Math.floor(index / 4) + seed;
    return only !== undefined || !point.includes(".login.") || turn % RUNS === 0;
  });
}
