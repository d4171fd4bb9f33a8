import type { Pair } from "../../../shared/engine/pair.ts";
import { isModern, type PostgresSession, type Server } from "../session.ts";
import { literal } from "../sql.ts";

/** Everything that the server stores about the two users, as plain values. */
export interface Facts extends Pick<PostgresSession, "server" | "database"> {
  readonly readOnly: boolean;
  readonly reader: { readonly user: string; readonly acts: string };
  /** The two users if they exist, the reader, and every role that a setting of the two users makes them act as. */
  readonly roles: readonly Role[];
  /** All memberships that lead from these roles to others or from others to them, directly or indirectly. */
  readonly memberships: readonly Membership[];
  /** Settings of the two users. The setting `role` is listed for all users as well. */
  readonly settings: readonly RoleSetting[];
  readonly belongings: readonly Belonging[];
  /** Tables with a row policy that uses session_user. */
  readonly sessionUserPolicies: readonly { readonly table: string }[];
}

export interface Role {
  readonly name: string;
  /** Whether initdb has created the role, such as postgres and pg_monitor: its OID is below FirstNormalObjectId, 16384. */
  readonly reserved: boolean;
  /** Those of SUPERUSER, CREATEROLE, CREATEDB, BYPASSRLS and REPLICATION that the role has. */
  readonly attributes: readonly string[];
  /** CONNECTION LIMIT and VALID UNTIL, as ALTER ROLE takes them. */
  readonly limits: readonly string[];
  readonly expired: boolean;
  readonly canLogin: boolean;
  readonly inherits: boolean;
  readonly comment: string | null;
  /** Whether the reader has ADMIN OPTION on the role, or is a superuser. */
  readonly administered: boolean;
}

/** One row of pg_auth_members. Before PostgreSQL 16 every membership allows SET, and inherits if the member does. */
export interface Membership {
  readonly role: string;
  readonly member: string;
  /** null if the grantor was dropped, which is possible before PostgreSQL 16. */
  readonly grantor: string | null;
  readonly bySuperuser: boolean;
  /** Whether the member is a superuser or, before PostgreSQL 16, has CREATEROLE, which gives power over all other roles. */
  readonly hasPowerOverAll: boolean;
  readonly admin: boolean;
  readonly inherit: boolean;
  readonly set: boolean;
  readonly revocable: boolean;
}

/** A setting of ALTER ROLE or ALTER DATABASE. null as role or database means all roles or all databases. */
export interface RoleSetting {
  readonly role: string | null;
  readonly database: string | null;
  readonly name: string;
  readonly value: string;
  /** The column `context` of the parameter in pg_settings; null if pg_settings hides the parameter from the reader. */
  readonly context: string | null;
  readonly granted: boolean;
}

/** Objects that refer to one of the two users in pg_shdepend. The database is null for objects of the whole server. */
export interface Belonging {
  readonly role: string;
  readonly database: string | null;
  readonly catalog: string;
  /** Column `deptype` of pg_shdepend: `o` owner, `a` privileges, `r` row policy. */
  readonly kind: string;
  readonly count: number;
  /** At most three of the objects. Empty for objects of a database other than the session's. */
  readonly samples: readonly string[];
}

export function roleNamed({ roles }: Facts, name: string): Role | undefined {
  return roles.find((role) => role.name === name);
}

/** Reads all facts in one query, which every role that can log in may run. */
export async function readFacts(session: PostgresSession, pair: Pair, start: string): Promise<Facts> {
  const [row] = await session.sql.query(`${start} ${query(session.server, pair)}`);
  return { server: session.server, ...JSON.parse(String(row?.facts)) };
}

/** How a stored expression holds SESSION_USER. pg_get_expr would print the expression, but waits for locks on the table. */
const SESSION_USER = "{SQLVALUEFUNCTION :op 12 ";

const ATTRIBUTES = ["SUPERUSER", "CREATEROLE", "CREATEDB", "BYPASSRLS", "REPLICATION"].map(
  (keyword) => `CASE WHEN rol${keyword.toLowerCase().replace("user", "")} THEN '${keyword}' END`,
);

/**
 * Written for a new session, in which the server spends more time on planning than on reading. `roles` names the columns,
 * since the view pg_roles joins another table for the rest. `parameter` is read only if there is a setting that needs it.
 * `administered` is computed once, since pg_has_role(…, 'WITH ADMIN OPTION') reads all memberships for each role.
 */
function query(server: Server, { current, alternate }: Pair): string {
  const users = [current, alternate].map(literal).join(", ");
  const list = (select: string) => `coalesce((SELECT json_agg(one) FROM (${select}) AS one), '[]')`;
  const isAdministered = "role.oid IN (SELECT oid FROM administered)";
  const [inherit, set, hasPowerOverAll, revocable] = isModern(server)
    ? ["inherit_option", "set_option", "false", `${isAdministered} AND pg_has_role(m.grantor, 'USAGE')`]
    : [
        "member.rolinherit",
        "true",
        "member.rolcreaterole",
        "me.rolsuper OR me.rolcreaterole AND NOT role.rolsuper",
      ];
  const granted = server.number >= 150000 ? "has_parameter_privilege(entry.name, 'SET')" : "false";
  return `
    WITH RECURSIVE roles AS MATERIALIZED (
      SELECT oid, rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls,
             rolconnlimit, rolvaliduntil FROM pg_roles
    ), me AS (
      SELECT * FROM roles WHERE rolname = current_user
    ), mine(oid) AS (
      SELECT oid FROM me UNION SELECT roleid FROM pg_auth_members JOIN mine ON member = mine.oid
    ), administered(oid) AS (
      SELECT roleid FROM pg_auth_members WHERE admin_option AND member IN (SELECT oid FROM mine)
       UNION SELECT roles.oid FROM roles, me WHERE me.rolsuper
    ), setting AS (
      SELECT role.rolname AS role, datname AS database, entry.*
        FROM pg_db_role_setting LEFT JOIN roles AS role ON role.oid = setrole
        LEFT JOIN pg_database AS place ON place.oid = setdatabase, unnest(setconfig) AS text,
             LATERAL (SELECT split_part(text, '=', 1) AS name, substr(text, strpos(text, '=') + 1) AS value) AS entry
       WHERE rolname IN (${users}) OR setrole = 0 AND entry.name = 'role'
    ), subject AS (
      SELECT * FROM roles WHERE rolname IN (${users}) OR rolname IN (SELECT value FROM setting WHERE name = 'role')
    ), above(oid) AS (
      SELECT oid FROM subject UNION SELECT roleid FROM pg_auth_members JOIN above ON member = above.oid
    ), below(oid) AS (
      SELECT oid FROM subject UNION SELECT member FROM pg_auth_members JOIN below ON roleid = below.oid
    ), dependency AS (
      SELECT rolname AS role, datname AS database, dbid, classid, objid, objsubid, deptype,
             row_number() OVER (PARTITION BY rolname, dbid, classid, deptype) AS number
        FROM pg_shdepend JOIN subject ON subject.oid = refobjid AND refclassid = 'pg_authid'::regclass
        LEFT JOIN pg_database AS place ON place.oid = dbid
       WHERE deptype <> 'i' AND rolname IN (${users})
         AND NOT (classid = 'pg_class'::regclass AND datname IS NOT DISTINCT FROM current_database()
                  AND EXISTS (SELECT FROM pg_class AS own WHERE own.oid = objid AND relpersistence = 't'))
    ), parameter AS MATERIALIZED (
      SELECT name, context FROM pg_settings WHERE EXISTS (SELECT FROM setting WHERE name <> 'role')
    )
    SELECT json_build_object(
      'database', current_database(), 'readOnly', current_setting('transaction_read_only')::boolean,
      'reader', json_build_object('user', session_user, 'acts', current_user),
      'roles', ${list(`
        SELECT rolname AS name, oid < 16384 AS reserved, array_remove(ARRAY[${ATTRIBUTES}], NULL) AS attributes,
               ARRAY[format('CONNECTION LIMIT %s', rolconnlimit),
                     format('VALID UNTIL %L', coalesce(to_json(rolvaliduntil) #>> '{}', 'infinity'))] AS limits,
               coalesce(rolvaliduntil < now(), false) AS expired, rolcanlogin AS "canLogin", rolinherit AS inherits,
               (SELECT description FROM pg_shdescription
                 WHERE (classoid, objoid) = ('pg_authid'::regclass, role.oid)) AS comment, ${isAdministered} AS administered
          FROM (SELECT * FROM me UNION SELECT * FROM subject) AS role`)},
      'memberships', ${list(`
        SELECT role.rolname AS role, member.rolname AS member, grantor.rolname AS grantor, admin_option AS admin,
               ${inherit} AS inherit, ${set} AS set,
               coalesce(grantor.rolsuper, false) AS "bySuperuser", member.rolsuper OR ${hasPowerOverAll} AS "hasPowerOverAll",
               ${revocable} AS revocable
          FROM pg_auth_members AS m JOIN roles AS role ON role.oid = m.roleid
          JOIN roles AS member ON member.oid = m.member CROSS JOIN me
          LEFT JOIN roles AS grantor ON grantor.oid = m.grantor
         WHERE m.member IN (SELECT oid FROM above) OR m.roleid IN (SELECT oid FROM below) ORDER BY 1, 2, 3`)},
      'settings', ${list(`SELECT entry.*, context, ${granted} AS granted
          FROM setting AS entry LEFT JOIN parameter USING (name) ORDER BY role, database, name`)},
      'belongings', ${list(`
        SELECT role, database, classid::regclass::text AS catalog, deptype AS kind, count(*),
               coalesce(json_agg(identity) FILTER (WHERE identity IS NOT NULL), '[]') AS samples
          FROM dependency LEFT JOIN LATERAL (SELECT identity FROM pg_identify_object(classid, objid, objsubid)
            WHERE number <= 3 AND (dbid = 0 OR database = current_database())) AS object ON true
         GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`)},
      'sessionUserPolicies', ${list(`SELECT DISTINCT polrelid::regclass::text AS "table" FROM pg_policy
         WHERE concat(polqual, polwithcheck) LIKE '%${SESSION_USER}%'`)}
    )::text AS facts`;
}
