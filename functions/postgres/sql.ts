/** What the files beside engine.ts use of the driver's client, which only engine.ts imports. */
export interface Sql {
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  escapeIdentifier(name: string): string;
  escapeLiteral(text: string): string;
}

/** SQLSTATE insufficient_privilege. */
const NOT_ALLOWED = "42501";

/**
 * Runs something inside the open transaction that the server may refuse for lack of a privilege.
 *
 * @returns whether it was allowed; if not, the transaction is as before.
 */
export async function attempt(sql: Sql, work: () => Promise<unknown>): Promise<boolean> {
  await sql.query("SAVEPOINT attempt");
  try {
    await work();
    await sql.query("RELEASE SAVEPOINT attempt");
    return true;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === NOT_ALLOWED)) {
      throw error;
    }
    await sql.query("ROLLBACK TO SAVEPOINT attempt");
    return false;
  }
}
