import { afterAll, describe, expect, test } from "vitest";
import { startDatabase } from "../support/fixture.ts";
import { invocation, openSession, pairOf } from "./engine-session.ts";

/**
 * Every catalog column that can name a role, or hold privileges of one, with the statements that make a row for the clone
 * `$c` there. The next PostgreSQL may have another one: then a test fails here before a rotation is blind to it.
 */
interface Row {
  readonly statements: string;
  /** What testSecret must say; the name of the catalog unless told. */
  readonly told?: RegExp;
  readonly since?: number;
}

/** The owner of some objects must be a superuser, or must become one for the moment. */
const asSuperuser = (statements: string) =>
  `ALTER ROLE $c SUPERUSER; SET ROLE $c; ${statements}; RESET ROLE; ALTER ROLE $c NOSUPERUSER`;

const ROWS: Record<string, Row> = {
  "pg_attribute.attacl": {
    statements: "CREATE TABLE t_$c (id int); GRANT SELECT (id) ON t_$c TO $c",
    told: /privileges on public\.t_\w+\.id itself/,
  },
  "pg_auth_members.grantor": {
    statements:
      "CREATE ROLE g_$c; GRANT g_$c TO $c WITH ADMIN OPTION; SET ROLE $c; GRANT g_$c TO $b; RESET ROLE",
    since: 16, // Before that, the grantor of a membership has no power over it, and leaves no trace.
  },
  "pg_auth_members.member": { statements: "CREATE ROLE g_$c; GRANT g_$c TO $c", told: /has the role g_/ },
  "pg_auth_members.roleid": {
    statements: "CREATE ROLE g_$c; GRANT $c TO g_$c",
    told: /is not the secret's alone: the user g_/,
  },
  "pg_class.relacl": { statements: "CREATE TABLE t_$c (id int); GRANT SELECT ON t_$c TO $c" },
  "pg_class.relowner": { statements: "CREATE TABLE t_$c (id int); ALTER TABLE t_$c OWNER TO $c" },
  "pg_collation.collowner": {
    statements: `CREATE COLLATION co_$c FROM "C"; ALTER COLLATION co_$c OWNER TO $c`,
  },
  "pg_conversion.conowner": {
    statements:
      "CREATE CONVERSION cv_$c FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1; ALTER CONVERSION cv_$c OWNER TO $c",
  },
  "pg_database.datacl": { statements: "GRANT CREATE ON DATABASE postgres TO $c" },
  "pg_database.datdba": { statements: "ALTER DATABASE spare OWNER TO $c" },
  "pg_db_role_setting.setrole": {
    statements: "ALTER ROLE $c SET work_mem TO '7MB'",
    told: /the setting work_mem/,
  },
  "pg_default_acl.defaclacl": {
    statements: "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO $c",
  },
  "pg_default_acl.defaclrole": {
    statements: "ALTER DEFAULT PRIVILEGES FOR ROLE $c GRANT SELECT ON TABLES TO pg_monitor",
  },
  "pg_event_trigger.evtowner": {
    statements: asSuperuser(`CREATE FUNCTION ef_$c() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
      ALTER FUNCTION ef_$c() OWNER TO postgres;
      CREATE EVENT TRIGGER e_$c ON ddl_command_end WHEN TAG IN ('DROP AGGREGATE') EXECUTE FUNCTION ef_$c()`),
  },
  "pg_extension.extowner": {
    statements: asSuperuser("DROP EXTENSION plpgsql CASCADE; CREATE EXTENSION plpgsql"),
  },
  "pg_foreign_data_wrapper.fdwacl": {
    statements: "CREATE FOREIGN DATA WRAPPER w_$c; GRANT USAGE ON FOREIGN DATA WRAPPER w_$c TO $c",
  },
  "pg_foreign_data_wrapper.fdwowner": { statements: asSuperuser("CREATE FOREIGN DATA WRAPPER w_$c") },
  "pg_foreign_server.srvacl": {
    statements:
      "CREATE FOREIGN DATA WRAPPER w_$c; CREATE SERVER s_$c FOREIGN DATA WRAPPER w_$c; GRANT USAGE ON FOREIGN SERVER s_$c TO $c",
  },
  "pg_foreign_server.srvowner": {
    statements: `CREATE FOREIGN DATA WRAPPER w_$c; ${asSuperuser("CREATE SERVER s_$c FOREIGN DATA WRAPPER w_$c")}`,
  },
  // What an extension has granted when it was created is, besides, in the privileges of the object itself.
  "pg_init_privs.initprivs": {
    statements: "CREATE TABLE t_$c (id int); GRANT SELECT ON t_$c TO $c",
    told: /pg_class/,
  },
  "pg_language.lanacl": { statements: "GRANT USAGE ON LANGUAGE sql TO $c" },
  "pg_language.lanowner": {
    statements: asSuperuser("CREATE LANGUAGE l_$c HANDLER plpgsql_call_handler"),
  },
  "pg_largeobject_metadata.lomacl": {
    statements: "DO $$ BEGIN EXECUTE format('GRANT SELECT ON LARGE OBJECT %s TO $c', lo_create(0)); END $$",
    told: /privileges on \d+ itself \(1 in pg_largeobject/,
  },
  "pg_largeobject_metadata.lomowner": {
    statements: "SET ROLE $c; SELECT lo_create(0); RESET ROLE",
    told: /owns \d+ itself \(1 in pg_largeobject/,
  },
  "pg_namespace.nspacl": { statements: "CREATE SCHEMA n_$c; GRANT USAGE ON SCHEMA n_$c TO $c" },
  "pg_namespace.nspowner": { statements: "CREATE SCHEMA n_$c AUTHORIZATION $c" },
  "pg_opclass.opcowner": {
    statements: asSuperuser(
      "CREATE OPERATOR CLASS oc_$c FOR TYPE int USING btree FAMILY integer_ops AS STORAGE int",
    ),
  },
  "pg_operator.oprowner": {
    statements: asSuperuser("CREATE OPERATOR <<<% (FUNCTION = int4pl, LEFTARG = int, RIGHTARG = int)"),
  },
  "pg_opfamily.opfowner": { statements: asSuperuser("CREATE OPERATOR FAMILY of_$c USING btree") },
  "pg_parameter_acl.paracl": { statements: "GRANT SET ON PARAMETER log_statement TO $c", since: 15 },
  "pg_policy.polroles": {
    statements: "CREATE TABLE t_$c (id int); CREATE POLICY p ON t_$c TO $c USING (true)",
  },
  "pg_proc.proacl": {
    statements:
      "CREATE FUNCTION f_$c() RETURNS int LANGUAGE sql AS 'SELECT 1'; GRANT EXECUTE ON FUNCTION f_$c() TO $c",
  },
  "pg_proc.proowner": {
    statements:
      "CREATE FUNCTION f_$c() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION f_$c() OWNER TO $c",
  },
  "pg_publication.pubowner": { statements: asSuperuser("CREATE PUBLICATION pu_$c") },
  "pg_statistic_ext.stxowner": {
    statements:
      "CREATE TABLE t_$c (a int, b int); CREATE STATISTICS st_$c ON a, b FROM t_$c; ALTER STATISTICS st_$c OWNER TO $c",
  },
  "pg_subscription.subowner": {
    statements: asSuperuser(
      "CREATE SUBSCRIPTION su_$c CONNECTION 'host=localhost' PUBLICATION p WITH (connect = false, enabled = false)",
    ),
  },
  "pg_tablespace.spcacl": { statements: "GRANT CREATE ON TABLESPACE spare TO $c" },
  "pg_tablespace.spcowner": { statements: "ALTER TABLESPACE spare OWNER TO $c" },
  "pg_ts_config.cfgowner": {
    statements: asSuperuser("CREATE TEXT SEARCH CONFIGURATION tc_$c (COPY = simple)"),
  },
  "pg_ts_dict.dictowner": {
    statements: asSuperuser("CREATE TEXT SEARCH DICTIONARY td_$c (TEMPLATE = simple)"),
  },
  "pg_type.typacl": { statements: "CREATE TYPE ty_$c AS ENUM (); GRANT USAGE ON TYPE ty_$c TO $c" },
  "pg_type.typowner": { statements: "CREATE TYPE ty_$c AS ENUM (); ALTER TYPE ty_$c OWNER TO $c" },
  "pg_user_mapping.umuser": {
    statements:
      "CREATE FOREIGN DATA WRAPPER w_$c; CREATE SERVER s_$c FOREIGN DATA WRAPPER w_$c; CREATE USER MAPPING FOR $c SERVER s_$c",
  },
};

/** Catalog columns that refer to pg_authid, and those that hold privileges. */
const COLUMNS = `
  SELECT fktable || '.' || btrim(fkcols::text, '{}') AS name FROM pg_get_catalog_foreign_keys()
   WHERE pktable = 'pg_authid'::regclass
  UNION
  SELECT attrelid::regclass || '.' || attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
   WHERE atttypid = 'aclitem[]'::regtype AND relkind = 'r' AND relnamespace = 'pg_catalog'::regnamespace
  ORDER BY 1`;

await using started = new AsyncDisposableStack();
const servers = await Promise.all(
  ["18", "16.4", "15"].map(async (version) => {
    const database = started.use(await startDatabase({ version, plainConnections: true }));
    await database.server.query("CREATE DATABASE spare");
    await using administrator = await database.server.connect();
    await administrator.query("SET allow_in_place_tablespaces TO on");
    await administrator.query("CREATE TABLESPACE spare LOCATION ''");
    const { rows } = await administrator.query(COLUMNS);
    return { version, database, columns: rows.map(({ name }) => String(name)) };
  }),
);
const cleanUp = started.move();

afterAll(() => cleanUp.disposeAsync());

describe.for(servers)("PostgreSQL $version", ({ version, database, columns }) => {
  const { server } = database;
  const major = Number.parseInt(version, 10);

  test("has no catalog column that names roles or holds privileges but those below", () => {
    const known = Object.keys(ROWS).filter((name) => columns.includes(name));
    expect(columns).toEqual(known.toSorted());
  });

  const covered = Object.entries(ROWS).filter(
    ([name, { since = 0 }]) => columns.includes(name) && major >= since,
  );

  test.for(covered)("a row of the clone in %s is a difference", async ([name, { statements, told }]) => {
    const [catalog, column] = name.split(".");
    const base = `b_${catalog}_${column}`;
    const clone = `c_${catalog}_${column}`;
    await server.query(
      `CREATE ROLE ${base} LOGIN PASSWORD 'base'; CREATE ROLE ${clone} LOGIN PASSWORD 'clone';
       GRANT ${base} TO ${clone}; ALTER ROLE ${clone} SET role TO ${base}`,
    );
    expect(await differences(base, clone)).toEqual([]);

    for (const statement of statements
      .replaceAll("$c", clone)
      .replaceAll("$b", base)
      .split(/;\s*(?![^']*END)/)) {
      await administer(statement);
    }

    expect((await differences(base, clone)).join("\n")).toMatch(told ?? new RegExp(String(catalog)));
  });

  /** In one session, since some statements are about the session. */
  let administrator: Awaited<ReturnType<typeof server.connect>> | undefined;
  async function administer(statement: string): Promise<void> {
    administrator ??= await server.connect();
    await administrator.query(statement);
  }
  afterAll(() => administrator?.end());

  /** As testSecret asks: as the pending user. */
  async function differences(base: string, clone: string): Promise<readonly string[]> {
    using invoked = invocation();
    await using pending = await openSession(database, clone, "clone", invoked);
    const pair = { current: base, alternate: clone, clone: "alternate" } as const;
    const openCurrent = () => Promise.reject(new Error("PostgreSQL needs no session of the current user."));
    return (await pairOf.read({ pending, openCurrent }, pair)).differences;
  }
});
