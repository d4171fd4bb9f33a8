import { RotationError } from "../../../shared/report/errors.ts";
import { inTurn } from "../../../shared/report/safe-text.ts";
import { begin, isModern, type PostgresSession } from "../session.ts";
import { id, literal, sqlState } from "../sql.ts";
import { type Estate, readEstate, statementsFor } from "./estate.ts";
import { relations } from "./relations.ts";

/** Relations in one transaction: each takes a few locks, of which a server has thousands. */
const PORTION = 300;

/** Milliseconds. Applications that want the same table queue up behind whatever waits for a lock on it. */
const LONGEST_LOCK_MS = 2000;

/**
 * Hands over what a clone has of its own to what its base role acts as, in a session of its own and in portions that are
 * kept: what is left when time is up, or when a lock is held, the next run goes on with.
 *
 * @throws RotationError `locked`, or `privilege-mismatch` with the statements for an administrator.
 */
export async function handOver(admin: PostgresSession, estate: Estate): Promise<void> {
  const { of, heir, database } = estate;
  await using session = await admin.openIn(database);
  if (session === undefined) {
    return; // The database was closed meanwhile: the next reading finds that.
  }
  try {
    if (estate.harmless > 0) {
      await moveRelations(session, estate);
      await inOne(session, estate, [`REASSIGN OWNED BY ${id(of)} TO ${id(heir)}`]);
    }
    for (let { titles } = estate; titles.some(({ superfluous }) => superfluous); ) {
      const due = titles.filter(({ superfluous }) => superfluous);
      const as = (role: string | null) => (role === null ? "" : `SET LOCAL ROLE ${id(role)}; `);
      await inOne(
        session,
        estate,
        due.map(({ take, takenBy }) => as(takenBy) + take),
      );
      ({ titles } = await readEstate(session, of, heir, ""));
    }
  } catch (error) {
    throw refused(estate, sqlState(error)) ?? error;
  }
}

function refused(estate: Estate, code: string | undefined): RotationError | undefined {
  const { of, heir, database } = estate;
  if (code !== undefined && ["55P03", "57014", "40P01"].includes(code)) {
    const what = `In the database ${id(database)}, a transaction holds a lock on something that ${of} owns (SQLSTATE ${code}).`;
    const remedy =
      "Secrets Manager retries the rotation, which goes on with what is left. Find the lock in pg_locks.";
    return new RotationError("locked", what, remedy);
  }
  const what = `The server refuses to hand over to ${heir} what ${of} has of its own (SQLSTATE ${code}).`;
  const remedy = `Run as an administrator in ${id(database)}: ${inTurn(statementsFor(estate))}`;
  return code === undefined ? undefined : new RotationError("privilege-mismatch", what, remedy);
}

/** ALTER TABLE is for views, sequences and foreign tables, too. The lock table of a small server takes less at once. */
async function moveRelations(session: PostgresSession, estate: Estate): Promise<void> {
  const oid = (name: string) => `(SELECT oid FROM pg_roles WHERE rolname = ${literal(name)})`;
  const next = `WITH ${relations(oid(estate.of), oid(estate.heir))} SELECT name FROM relation WHERE harmless ORDER BY oid`;
  let portion = PORTION;
  for (;;) {
    const rows = await session.sql.query(`${next} LIMIT ${portion}`);
    const statements = rows.map(({ name }) => `ALTER TABLE ${name} OWNER TO ${id(estate.heir)}`);
    if (statements.length === 0) {
      return;
    }
    try {
      await inOne(session, estate, statements);
    } catch (error) {
      if (sqlState(error) !== "53200" || portion === 1) {
        throw error;
      }
      portion = Math.ceil(portion / 4);
    }
  }
}

/**
 * One transaction, in which the admin user has lent itself membership in both roles. What it has granted itself before is
 * one row with this, and is put back as it was. So there is a row for each role that is not its own yet:
 *
 *     lend      GRANT app TO rotation_master WITH INHERIT TRUE, SET TRUE      GRANT app TO rotation_master (before 16)
 *     back      GRANT app TO rotation_master WITH INHERIT false, SET true     if that is what it had from itself
 *               REVOKE app FROM rotation_master                               if it had nothing from itself
 */
async function inOne(session: PostgresSession, estate: Estate, statements: readonly string[]): Promise<void> {
  const { sql, server, actsAs, identity } = session;
  const modern = isModern(server);
  try {
    const loans = await sql.query(
      `${begin(session, statements.length, LONGEST_LOCK_MS)}
       SELECT format('GRANT %I TO %I', rolname, current_user) || ${modern ? "' WITH INHERIT TRUE, SET TRUE'" : "''"} AS lend,
              CASE WHEN own IS NULL THEN format('REVOKE %I FROM %I', rolname, current_user)
                   ELSE format('GRANT %I TO %I WITH INHERIT %s, SET %s', rolname, current_user,
                               own ->> 'inherit_option', own ->> 'set_option') END AS back
         FROM pg_roles AS role LEFT JOIN (
                SELECT roleid, to_jsonb(one) AS own FROM pg_auth_members AS one
                 WHERE ${modern} AND member = grantor AND pg_get_userbyid(member) = current_user) AS mine ON roleid = role.oid
        WHERE rolname IN (${literal(estate.of)}, ${literal(estate.heir)})
          AND NOT (pg_has_role(role.oid, 'USAGE') ${modern ? "AND pg_has_role(role.oid, 'SET')" : ""})`,
    );
    const itself = `SET LOCAL ROLE ${id(actsAs ?? identity.username)}`;
    const all = [
      ...loans.map(({ lend }) => lend),
      ...statements,
      itself,
      ...loans.map(({ back }) => back),
      "COMMIT",
    ];
    await sql.query(all.join("; "));
  } catch (error) {
    await sql.query("ROLLBACK").catch(() => {});
    throw error;
  }
}
