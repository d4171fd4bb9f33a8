import type { Log } from "../../shared/log.ts";
import { grantsOf } from "./grants.ts";
import { attempt, type Sql } from "./sql.ts";

/**
 * Makes sure that nothing belongs to the clone itself, so that it may act as the base user: what a clone of AWS's
 * template has made is its own, and acting as `app` not even the clone could read it any more.
 *
 * In the secret's database its objects go to the base user, and so do privileges that were granted to the clone
 * alone. Other databases are out of reach from here.
 *
 * @returns false if something is left; nothing was changed then, and the log has the statements for a person.
 */
export async function handOver(sql: Sql, base: string, clone: string, log: Log): Promise<boolean> {
  const before = await placesOfBelongings(sql, clone);
  if (before.length === 0) {
    return true;
  }
  let after = before;
  await sql.query("SAVEPOINT hand_over");
  await attempt(sql, async () => {
    await asMemberOf(sql, [base, clone], async () => {
      await sql.query(`REASSIGN OWNED BY ${sql.escapeIdentifier(clone)} TO ${sql.escapeIdentifier(base)}`);
      for (const { grant, revoke } of await grantsOf(sql, clone)) {
        await sql.query(grant(base));
        await sql.query(revoke(clone));
      }
    });
    after = await placesOfBelongings(sql, clone);
  });
  if (after.length === 0) {
    log.info(`What belonged to ${clone} belongs to ${base} now`);
    return true;
  }
  await sql.query("ROLLBACK TO SAVEPOINT hand_over");
  log.warn(
    `${clone} keeps its own objects or privileges and does not act as ${base}: what it makes stays its own. To end ` +
      `this, connect as an administrator to ${after.join(", ")}, run REASSIGN OWNED BY ` +
      `${sql.escapeIdentifier(clone)} TO ${sql.escapeIdentifier(base)}, grant ${base} what ${clone} was granted, then ` +
      `run DROP OWNED BY ${sql.escapeIdentifier(clone)}`,
  );
  return false;
}

/** The databases in which the role owns something, was granted something, or is named in a row policy. */
async function placesOfBelongings(sql: Sql, role: string): Promise<string[]> {
  const { rows } = await sql.query(
    `SELECT DISTINCT coalesce(pg_database.datname, current_database()) AS place
       FROM pg_shdepend LEFT JOIN pg_database ON pg_database.oid = dbid
      WHERE refclassid = 'pg_authid'::regclass
        AND refobjid = (SELECT oid FROM pg_roles WHERE rolname = $1)`,
    [role],
  );
  return rows.map(({ place }) => String(place));
}

/** REASSIGN OWNED takes membership in both roles; who may grant them lends it to himself. */
async function asMemberOf(sql: Sql, roles: readonly string[], work: () => Promise<void>): Promise<void> {
  const { rows } = await sql.query(
    `SELECT format('%I', rolname) AS role, format('%I', current_user) AS myself
       FROM pg_roles WHERE rolname = ANY($1) AND NOT pg_has_role(oid, 'USAGE')`,
    [roles],
  );
  for (const { role, myself } of rows) {
    await sql.query(`GRANT ${role} TO ${myself}`);
  }
  await work();
  for (const { role, myself } of rows) {
    await sql.query(`REVOKE ${role} FROM ${myself}`);
  }
}
