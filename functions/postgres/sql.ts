/** What the files beside engine.ts use of the driver's client, which only engine.ts imports. */
export interface Sql {
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  escapeIdentifier(name: string): string;
  escapeLiteral(text: string): string;
}

/** SQLSTATE insufficient_privilege. */
export const NOT_ALLOWED = "42501";

/** SQLSTATEs of what is wrong with a statement: not allowed, a value or a name that is not valid any more, … */
const REFUSED = /^(0L|22|2B|42|55P02)/;

/**
 * Runs something inside the open transaction that the server may refuse.
 *
 * @param alsoRefused a further SQLSTATE that is no failure.
 * @returns the SQLSTATE with which it was refused, and the transaction is as before; undefined when it was done.
 */
export async function attempt(
  sql: Sql,
  work: () => Promise<unknown>,
  alsoRefused?: string,
): Promise<string | undefined> {
  await sql.query("SAVEPOINT attempt");
  try {
    await work();
    await sql.query("RELEASE SAVEPOINT attempt");
    return undefined;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (!REFUSED.test(code) && code !== alsoRefused) {
      throw error;
    }
    await sql.query("ROLLBACK TO SAVEPOINT attempt; RELEASE SAVEPOINT attempt");
    return code;
  }
}
