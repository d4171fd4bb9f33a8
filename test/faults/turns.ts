/** So many runs it takes until each effect at the database has had its turn. */
const RUNS = 4;

/**
 * Leaves out, of what could be tried at logins and statements, what other seeds try: between two calls to Secrets Manager
 * there are dozens of them. What can be tried at the calls themselves has its turn in every run.
 *
 * @param only the one case that was asked for: then nothing is left out.
 */
export function inTurn<Case extends { readonly point: string }>(
  cases: readonly Case[],
  { seed, only }: { readonly seed: number; readonly only?: string | undefined },
): Case[] {
  return cases.filter(
    ({ point }, index) => only !== undefined || !point.includes(".login.") || (index + seed) % RUNS === 0,
  );
}
