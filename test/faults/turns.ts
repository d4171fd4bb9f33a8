/** So many runs it takes until each call to Secrets Manager, and each effect at the database, has had its turn. */
const RUNS = { call: 1, database: 4 };

/**
 * Leaves out, of what could be tried at the effects of a rotation, what other seeds try: all of it takes hours. Between two
 * calls to Secrets Manager there are dozens of statements.
 *
 * @param only the one case that was asked for: then nothing is left out.
 */
export function inTurn<Case extends { readonly point: string }>(
  cases: readonly Case[],
  { seed, only }: { readonly seed: number; readonly only?: string | undefined },
): Case[] {
  return cases.filter(({ point }, index) => {
    // Not every second one: those may be alike, such as all that happen before an effect.
    const turn = index + Math.floor(index / 4) + seed;
    return only !== undefined || turn % RUNS[point.includes(".login.") ? "database" : "call"] === 0;
  });
}
