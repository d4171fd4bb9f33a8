import pg from "pg";
import type { Database } from "../../../local/database.ts";
import type { PostgresServer } from "../../../local/servers/postgres/server.ts";
import { POSTGRES_INVENTORY } from "../../contract/postgres-inventory.ts";
import { POSTGRES_TENANT } from "../../support/tenant/postgres.ts";
import { castOf, victimOf, withNames } from "./cast.ts";
import type { Credentials, Estate, Run } from "./estate.ts";
import { knows } from "./stored-scram.ts";

/** SQLSTATE of what is no statement at all: a mistake in a move. */
const SYNTAX_ERROR = "42601";

/** Milliseconds that a move may wait for a lock, which may be the tenant's own. */
const PATIENCE = "-c statement_timeout=1000 -c lock_timeout=300";

/**
 * By every kind of membership: with ADMIN OPTION alone, the tenant grants the rest to itself.
 *
 * $1: the users that the tenant logs in as; $2: those that are not somebody else's.
 */
const REACHED = `
  WITH RECURSIVE reach AS (
    SELECT oid FROM pg_roles WHERE rolname = ANY ($1)
    UNION SELECT roleid FROM pg_auth_members m JOIN reach ON m.member = reach.oid
      WHERE admin_option OR inherit_option OR set_option),
  grantee AS (SELECT oid, rolname::text AS name FROM reach JOIN pg_roles USING (oid) UNION ALL SELECT 0, 'PUBLIC'),
  object AS (
    SELECT oid::regclass::text AS name, relowner AS owner, relacl AS acl FROM pg_class
      WHERE oid >= 16384 AND relkind NOT IN ('i', 'I', 't')
    UNION ALL SELECT oid::regprocedure::text, proowner, proacl FROM pg_proc WHERE oid >= 16384
    UNION ALL SELECT nspname, nspowner, nspacl FROM pg_namespace WHERE oid >= 16384)
  SELECT format('the tenant can act as %s', rolname) AS text FROM reach JOIN pg_roles USING (oid)
    WHERE rolname <> ALL ($2)
  UNION ALL
  SELECT format('%s has %s', rolname, attribute) FROM pg_roles JOIN reach USING (oid),
    LATERAL (VALUES (rolsuper, 'SUPERUSER'), (rolcreatedb, 'CREATEDB'), (rolreplication, 'REPLICATION'),
      (rolbypassrls, 'BYPASSRLS')) AS a (yes, attribute) WHERE yes
  UNION ALL
  SELECT format('%s may %s %s, which belongs to %s', grantee.name, privilege_type, object.name, pg_get_userbyid(owner))
    FROM object, aclexplode(acl) AS item JOIN grantee ON grantee.oid = item.grantee
    WHERE pg_get_userbyid(owner) <> ALL ($2)
  UNION ALL
  SELECT format('the function %s runs with the rights of %s', oid::regprocedure, pg_get_userbyid(proowner)) FROM pg_proc
    WHERE oid >= 16384 AND prosecdef AND pg_get_userbyid(proowner) <> ALL ($2)
  UNION ALL
  SELECT format('the view %s reads with the rights of %s', oid::regclass, pg_get_userbyid(relowner)) FROM pg_class
    WHERE oid >= 16384 AND relkind IN ('v', 'm') AND pg_get_userbyid(relowner) <> ALL ($2)
      AND NOT coalesce(reloptions @> '{security_invoker=true}', false)`;

/** $1: the user; $2: the role that both users of the pair act as. */
const BEYOND = `
  SELECT format('%s is a member of %s, which %s is not', $1::text, g.rolname, $2::text) AS text
    FROM pg_auth_members a JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
    WHERE m.rolname = $1 AND g.rolname <> $2 AND NOT pg_has_role($2::name, g.oid, 'MEMBER')
  UNION ALL
  SELECT format('%s has ADMIN OPTION on %s', $1::text, $2::text) FROM pg_auth_members a JOIN pg_roles g ON g.oid = a.roleid
    JOIN pg_roles m ON m.oid = a.member WHERE m.rolname = $1 AND g.rolname = $2 AND a.admin_option
  UNION ALL
  SELECT format('%s does not inherit from %s', $1::text, $2::text) WHERE NOT pg_has_role($1::name, $2::name, 'USAGE')
  UNION ALL
  SELECT format('%s has an attribute that %s does not have', u.rolname, r.rolname) FROM pg_roles u, pg_roles r
    WHERE u.rolname = $1 AND r.rolname = $2 AND (u.rolsuper > r.rolsuper OR u.rolcreaterole > r.rolcreaterole
      OR u.rolcreatedb > r.rolcreatedb OR u.rolreplication > r.rolreplication OR u.rolbypassrls > r.rolbypassrls)
  UNION ALL
  SELECT format('%s has something of its own: %s %s (%s)', $1::text, classid::regclass, objid, deptype) FROM pg_shdepend
    WHERE refclassid = 'pg_authid'::regclass AND refobjid = (SELECT oid FROM pg_authid WHERE rolname = $1)
      AND deptype <> 'i' AND classid <> 'pg_auth_members'::regclass`;

/** @param number tells its users from those of all other cases. */
export async function foundOnPostgres(
  database: Database & { readonly server: PostgresServer },
  number: number,
): Promise<Estate> {
  await using cleanUp = new AsyncDisposableStack();
  const { host, port } = database.address;
  const cast = castOf(number);
  const passwords = { tenant: secret(), hr: secret(), peer: secret(), admin: secret() };
  const all = cleanUp.use(await database.server.connect());
  const roles = async () =>
    new Set((await all.query("SELECT rolname FROM pg_roles")).rows.map(({ rolname }) => rolname));
  const before = await roles();
  cleanUp.defer(async () => {
    const made = [...(await roles()).difference(before)].map(pg.escapeIdentifier);
    // Of several at once it stumbles over default privileges that it has dropped already.
    for (const role of made) await all.query(`DROP OWNED BY ${role} CASCADE`);
    if (made.length > 0) await all.query(`DROP ROLE ${made.join(", ")}`);
  });
  const sessions = cleanUp.use(openSessions({ host, port }));
  const { tenant, hr, peer, admin } = cast;
  await all.query(`
    CREATE ROLE ${tenant} LOGIN CREATEROLE PASSWORD '${passwords.tenant}';
    CREATE ROLE ${peer} LOGIN CREATEROLE PASSWORD '${passwords.peer}';
    CREATE ROLE ${hr} LOGIN PASSWORD '${passwords.hr}';
    CREATE ROLE ${admin} LOGIN CREATEROLE PASSWORD '${passwords.admin}';
    GRANT ${tenant}, ${peer}, ${hr} TO ${admin} WITH ADMIN OPTION;
    CREATE TABLE public.${hr}_salaries AS SELECT 'a treasure' AS secret;
    ALTER TABLE public.${hr}_salaries OWNER TO ${hr};
    CREATE SCHEMA AUTHORIZATION ${tenant};
    GRANT USAGE ON SCHEMA ${tenant} TO PUBLIC`);
  const { rows: passwordsAtFirst } = await all.query("SELECT rolname, rolpassword FROM pg_authid");
  const atFirst = new Map(passwordsAtFirst.map(({ rolname, rolpassword }) => [rolname, rolpassword]));
  let own: Promise<string> | undefined;
  const ownDatabase = () => {
    own ??= (async () => {
      const name = `own${number}`;
      await all.query(`CREATE DATABASE ${name} OWNER ${tenant}`);
      cleanUpLater.defer(async () => {
        await all.query(`DROP DATABASE ${name} WITH (FORCE)`);
      });
      return name;
    })();
    return own;
  };
  const cleanUpLater = cleanUp.move();

  async function actsAs({ username: user, password }: Credentials): Promise<string | undefined> {
    const client = new pg.Client({ host, port, user, password, database: "postgres", ssl: false });
    try {
      await client.connect();
      return (await client.query("SELECT current_user AS name")).rows[0].name;
    } catch {
      return undefined;
    } finally {
      await client.end().catch(() => {});
    }
  }

  return {
    engine: "postgres",
    cast,
    database,
    passwords,
    ownDatabase,
    attempt: async (move, known) => {
      const login = known.filter(({ username }) => username === cast[move.as]);
      const name = move.inOwnDatabase ? await ownDatabase() : "postgres";
      const sql =
        typeof move.sql === "string"
          ? POSTGRES_TENANT.moves[move.sql](victimOf(cast))
          : move.sql.map((statement) => withNames(statement.replaceAll("[own]", `own${number}`), cast));
      await sessions.run(move, sql, login, name);
    },
    release: () => sessions.release(),
    administer: async (statements, name) => {
      await using session = await database.server.connect(name);
      await session.query(statements);
    },
    discardTraps: async () => {
      await all.query(`DROP ROUTINE IF EXISTS ${tenant}.steal(); DROP VIEW IF EXISTS ${tenant}.seen`);
    },
    facts: async () => {
      const { rows } = await all.query(POSTGRES_INVENTORY);
      return rows.map(({ username, line }) => ({ about: username, text: `${username} ${line}` }));
    },
    reached: async (made, known) => {
      const mine = [cast.tenant, cast.tenant_clone];
      const { rows } = await all.query<{ text: string }>(REACHED, [mine, [...mine, ...made]]);
      const others = Object.values(cast).filter((name) => ![...mine, ...made].includes(name));
      const stored = await all.query("SELECT rolname, rolpassword FROM pg_authid WHERE rolname = ANY ($1)", [
        others,
      ]);
      // Deriving keys takes time: passwords that are as they were at first are nothing new.
      const changed = stored.rows.filter(({ rolname, rolpassword }) => atFirst.get(rolname) !== rolpassword);
      const guessed = changed.filter(({ rolpassword }) =>
        known.some(({ password }) => knows(rolpassword, password)),
      );
      return [
        ...rows.map(({ text }) => text),
        ...guessed.map(({ rolname }) => `the tenant knows the password of ${rolname}`),
      ];
    },
    mismatch: async (pending, current) => {
      const role = await actsAs(current);
      const same = await actsAs(pending);
      if (role === undefined || role !== same)
        return [`${pending.username} acts as ${same}, ${current.username} as ${role}`];
      const clones = [pending.username, current.username].filter((name) => name !== role);
      const found = await Promise.all(
        clones.map((name) => all.query<{ text: string }>(BEYOND, [name, role])),
      );
      return found.flatMap(({ rows }) => rows.map(({ text }) => text));
    },
    readsSalaries: async ({ username: user, password }) => {
      const client = new pg.Client({ host, port, user, password, database: "postgres", ssl: false });
      try {
        await client.connect();
        await client.query(`SELECT * FROM public.${hr}_salaries`);
        return true;
      } catch {
        return false;
      } finally {
        await client.end().catch(() => {});
      }
    },
    [Symbol.asyncDispose]: () => cleanUpLater.disposeAsync(),
  };
}

const secret = () => `Pw-${crypto.randomUUID()}`;

/** The tenant's sessions: as whom it is let in, for as long as that lasts. */
function openSessions({ host, port }: { host: string; port: number }) {
  const open = new Map<string, pg.Client>();
  const held: pg.Client[] = [];
  const connect = async (login: readonly Credentials[], database: string) => {
    for (const { username: user, password } of login) {
      const client = new pg.Client({ host, port, user, password, database, ssl: false, options: PATIENCE });
      client.on("error", () => {});
      if (
        await client.connect().then(
          () => true,
          () => false,
        )
      )
        return client;
    }
    return undefined;
  };
  async function run(
    { as, hold }: Run,
    sql: readonly string[],
    login: readonly Credentials[],
    database: string,
  ) {
    const key = `${as} ${database}`;
    const client = (hold ? undefined : open.get(key)) ?? (await connect(login, database));
    if (client === undefined) return;
    if (hold) held.push(client);
    else open.set(key, client);
    for (const statement of hold ? ["BEGIN", ...sql] : [...sql, "RESET ROLE"]) {
      try {
        await client.query(statement);
      } catch (error) {
        if (!(error instanceof pg.DatabaseError)) open.delete(key);
        else if (error.code === SYNTAX_ERROR) throw new Error(`${statement}: ${error.message}`);
      }
    }
  }
  const release = async () => {
    await Promise.all(held.splice(0).map((client) => client.end()));
  };
  return {
    run,
    release,
    [Symbol.asyncDispose]: async () => {
      await release();
      await Promise.all([...open.values()].map((client) => client.end()));
    },
  };
}
