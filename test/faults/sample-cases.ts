/** So many runs it takes until each login and each statement has had its turn. */
const RUNS = 4;

/**
 * Leaves out, of what could be tried at logins and statements, what other seeds try: all of it takes hours. Between two
 * calls to Secrets Manager, which are all tried, there are dozens of statements.
 *
 * @param only the one case that was asked for: then nothing is left out.
 */
export function sampleCases<Case extends { readonly point: string }>(
  cases: readonly Case[],
  { seed, only }: { readonly seed: number; readonly only?: string | undefined },
): Case[] {
  return cases.filter(({ point }, index) => {
    // Not every second one: those may be alike, such as all that happen before an effect.
    const turn = index + Math.floor(index / 4) + seed;
    return only !== undefined || !point.includes(".login.") || turn % RUNS === 0;
  });
}
