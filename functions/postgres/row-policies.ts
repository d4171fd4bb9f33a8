import type { Log } from "../../shared/report/log.ts";
import type { Sql } from "./sql.ts";

/**
 * A clone that acts as the base user has another session_user all the same: a row policy that asks for that shows the
 * two users different rows, and nobody but the application's people can tell whether they mean it.
 *
 * The stored expression is read as it is, where SESSION_USER is number 12 of the SQLValueFunctionOp: pg_get_expr would
 * write it out, but waits for whoever has locked the table.
 */
export async function warnOfSessionUser(sql: Sql, clone: string, log: Log): Promise<void> {
  const { rows } = await sql.query(
    `SELECT DISTINCT polrelid::regclass::text AS "table" FROM pg_policy
      WHERE concat(polqual, polwithcheck) LIKE '%{SQLVALUEFUNCTION :op 12 %' ORDER BY 1`,
  );
  if (rows.length > 0) {
    const tables = rows.map(({ table }) => table).join(", ");
    log.warn(
      `Row policies on ${tables} ask for session_user, which is ${clone} when it is logged in: make them ask for ` +
        "current_user if both users are to see the same rows",
    );
  }
}
