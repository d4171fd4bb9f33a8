import type { Log } from "../../shared/report/log.ts";
import { grantsOf } from "./grants.ts";
import { asMemberOf } from "./memberships.ts";
import { attempt, type Sql } from "./sql.ts";

/** Applications that want the same tables queue up behind whoever waits for a lock on one. */
const LONGEST_LOCK_MS = 2000;

/** SQLSTATE lock_not_available. */
const LOCKED = "55P03";

/**
 * Sees to it that nothing belongs to the clone itself, so that it may act as another role: what a clone of AWS's
 * template has made is its own, and acting as `app` not even the clone could read it any more.
 *
 * In the secret's database its objects go to that role, and so do privileges that were granted to the clone alone: as
 * a member of the role it can use them as before. Other databases are out of reach from here.
 *
 * @returns false if something is left, for which the log has the statements.
 */
export async function handOver(sql: Sql, handover: Handover, log: Log): Promise<boolean> {
  const { clone, heir } = handover;
  if ((await placesOfBelongings(sql, clone)).length === 0) {
    return true;
  }
  if (!handover.untouchable) {
    await attempt(sql, () => impatiently(sql, () => move(sql, clone, heir)), LOCKED);
  }
  const left = await placesOfBelongings(sql, clone);
  if (left.length === 0) {
    log.info(`What belonged to ${clone} belongs to ${heir} now`);
    return true;
  }
  const statements = await Promise.all(left.map((place) => statementsFor(sql, place, handover)));
  const consequence = handover.acts
    ? ""
    : ` does not act as ${heir}, so that what it makes stays its own, and`;
  log.warn(
    `${clone}${consequence} has objects or privileges of its own, which ${heir} has not. To end this, grant ${heir} what ` +
      `${clone} was granted, repeat its default privileges and row policies for ${heir}, then run as an ` +
      `administrator ${statements.join(" - ")}`,
  );
  return false;
}

interface Handover {
  readonly clone: string;
  readonly heir: string;
  /** Whether the clone acts as the heir already, and goes on doing so whatever is left. */
  readonly acts: boolean;
  /** Whether nothing may be taken from the clone. */
  readonly untouchable: boolean;
}

/** More than these are for a person to look up. */
const MOST_GRANTS = 20;

/** What ends it in one database, as far as it can be seen from the secret's. */
async function statementsFor(sql: Sql, place: Place, { clone, heir }: Handover): Promise<string> {
  const grants = place.here ? (await grantsOf(sql, clone)).slice(0, MOST_GRANTS) : [];
  const [from, to] = [clone, heir].map(sql.escapeIdentifier);
  const all = [
    ...grants.map(({ grant }) => grant(heir)),
    `REASSIGN OWNED BY ${from} TO ${to}`,
    `DROP OWNED BY ${from}`,
  ];
  return `in ${place.database}: ${all.join("; ")}`;
}

/** Privileges first: the new owner of a function must be allowed to create it where it is. */
async function move(sql: Sql, clone: string, heir: string): Promise<void> {
  await asMemberOf(sql, [heir, clone], async () => {
    for (const { grantor, grant, revoke } of await grantsOf(sql, clone)) {
      const asGrantor = `SET LOCAL ROLE ${sql.escapeIdentifier(grantor)}`;
      await attempt(sql, () => sql.query(`${asGrantor}; ${grant(heir)}; ${revoke(clone)}; RESET ROLE`));
    }
    await sql.query(`REASSIGN OWNED BY ${sql.escapeIdentifier(clone)} TO ${sql.escapeIdentifier(heir)}`);
  });
}

interface Place {
  readonly database: string;
  /** Whether it is the one that we are in. */
  readonly here: boolean;
}

/** The databases in which the role owns something, was granted something, or is named in a row policy. */
export async function placesOfBelongings(sql: Sql, role: string): Promise<Place[]> {
  const { rows } = await sql.query(
    `SELECT DISTINCT coalesce(datname, current_database()) AS database,
            coalesce(datname, current_database()) = current_database() AS here
       FROM pg_shdepend LEFT JOIN pg_database ON pg_database.oid = dbid
      WHERE refclassid = 'pg_authid'::regclass
        AND refobjid = (SELECT oid FROM pg_roles WHERE rolname = $1)
      ORDER BY database`,
    [role],
  );
  return rows.map(({ database, here }) => ({ database: String(database), here: here === true }));
}

async function impatiently(sql: Sql, work: () => Promise<void>): Promise<void> {
  const { rows } = await sql.query("SELECT current_setting('lock_timeout') AS timeout");
  await sql.query(`SET LOCAL lock_timeout = ${LONGEST_LOCK_MS}`);
  await work();
  await sql.query("SELECT set_config('lock_timeout', $1, true)", [rows[0]?.timeout]);
}
