import fc from "fast-check";
import { POSTGRES_TENANT } from "../../support/tenant/postgres.ts";
import type { MoveName } from "../../support/tenant/tenant.ts";
import { MADE } from "./cast.ts";
import { known, type Move, put, putPending, type Repertoire, rotate, run, start, step } from "./script.ts";

const ROLES = ["tenant", "tenant_clone", "hr", "hr_clone", "peer", "peer_clone", "admin", "x", "y"];
const role = fc.constantFrom(...ROLES.map((part) => `<${part}>`));
/** Names that the tenant may make itself. */
const makeable = fc.constantFrom("<x>", "<y>", "<hr_clone>", "<tenant_clone>", "<peer_clone>");
const attribute = fc.constantFrom(
  ..."LOGIN NOLOGIN INHERIT NOINHERIT CREATEROLE CREATEDB SUPERUSER BYPASSRLS REPLICATION".split(" "),
  "CONNECTION LIMIT 0",
  "VALID UNTIL '2001-01-01'",
  `PASSWORD '${MADE}'`,
);
const setting = fc.constantFrom(
  "role TO <tenant>",
  "role TO <hr>",
  "role TO <x>",
  "search_path TO [tenant], pg_catalog",
  "statement_timeout TO '1ms'",
  "transaction_timeout TO '1ms'",
  "default_transaction_read_only TO on",
  "password_encryption TO md5",
  "my.secret TO 'x'",
);
const option = fc.constantFrom(
  "",
  "WITH ADMIN OPTION",
  "WITH INHERIT FALSE",
  "WITH SET FALSE",
  "WITH ADMIN TRUE, INHERIT FALSE, SET FALSE",
);
const thing = fc.constantFrom(
  "TABLE [tenant].gift",
  "VIEW [tenant].seen",
  "FUNCTION [tenant].steal()",
  "SCHEMA [tenant]",
);

const text = (first: TemplateStringsArray, ...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((chosen) => String.raw({ raw: first }, ...chosen));

const sql = fc.oneof(
  text`CREATE ROLE ${makeable} LOGIN PASSWORD '${fc.constant(MADE)}'`,
  text`CREATE ROLE ${makeable} LOGIN CREATEROLE PASSWORD '${fc.constant(MADE)}'`,
  text`CREATE ROLE ${makeable} IN ROLE ${role}`,
  text`CREATE ROLE ${makeable} LOGIN ROLE ${role} ADMIN ${role}`,
  text`GRANT ${role} TO ${role} ${option}`,
  text`GRANT ${role} TO ${role} ${option}`,
  text`REVOKE ${role} FROM ${role}`,
  text`ALTER ROLE ${role} ${attribute}`,
  text`ALTER ROLE ${role} SET ${setting}`,
  text`ALTER ROLE ${role} IN DATABASE postgres SET ${setting}`,
  text`ALTER ROLE ${makeable} RENAME TO ${makeable}`,
  text`DROP ROLE ${makeable}`,
  text`COMMENT ON ROLE ${role} IS 'rotation_partner_of: ${role}'`,
  text`ALTER ${thing} OWNER TO ${role}`,
  text`GRANT ALL ON TABLE [tenant].gift TO ${role}`,
  text`GRANT CREATE, USAGE ON SCHEMA [tenant] TO ${role}`,
  text`ALTER DEFAULT PRIVILEGES FOR ROLE ${role} GRANT SELECT ON TABLES TO ${role}`,
  text`REASSIGN OWNED BY ${role} TO ${role}`,
  text`CREATE POLICY p ON [tenant].gift TO ${role}`,
);

const GIFTS = [
  "CREATE TABLE [tenant].gift AS SELECT 1 AS a",
  "CREATE VIEW [tenant].seen AS SELECT 1 AS a",
  "CREATE FUNCTION [tenant].steal() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT secret FROM public.[hr]_salaries'",
];

/** Any statement by a role that it can act as. */
const statement: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(sql, fc.option(makeable, { nil: undefined, freq: 3 }))
      .map(([one, as]) => run(...(as === undefined ? [] : [`SET ROLE ${as}`]), one)),
  },
  { weight: 2, arbitrary: fc.constantFrom(...(Object.keys(POSTGRES_TENANT.moves) as MoveName[])).map(known) },
  { weight: 1, arbitrary: fc.constant(run("SET check_function_bodies = off", ...GIFTS)) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom<Extract<Move, { do: "run" }>["as"]>("tenant_clone", "x", "hr_clone")
      .chain((as) => sql.map((one): Move => ({ do: "run", as, sql: [one] }))),
  },
  {
    weight: 1,
    arbitrary: makeable.map(
      (name): Move => ({
        do: "run",
        as: "tenant",
        hold: true,
        sql: [`ALTER ROLE ${name} CONNECTION LIMIT 5`],
      }),
    ),
  },
);

/** A function or view that is called like one of the catalog's, and hands over the role of whoever calls it. */
const trap = (name: string, takes: string, returns: string) =>
  `CREATE FUNCTION public.${name}(${takes}) RETURNS ${returns} LANGUAGE plpgsql AS $$ BEGIN
     BEGIN EXECUTE 'GRANT <hr> TO <tenant>'; EXCEPTION WHEN OTHERS THEN NULL; END;
     BEGIN EXECUTE 'ALTER ROLE <tenant> SUPERUSER'; EXCEPTION WHEN OTHERS THEN NULL; END;
     RETURN NULL; END $$`;

const inOwnDatabase = (title: string, sql: readonly string[]): Move => ({
  do: "run",
  as: "tenant",
  inOwnDatabase: true,
  title,
  sql,
});

const TRAPS: readonly Move[] = [
  inOwnDatabase("functions and views that are called like those of the catalog", [
    "ALTER SCHEMA public OWNER TO <tenant>",
    ...["quote_ident", "lower", "to_jsonb", "pg_get_userbyid", "current_setting", "obj_description"].flatMap(
      (name) => ["text", "name", "oid", "regrole"].map((type) => trap(name, type, "text")),
    ),
    trap("set_config", "text, text, boolean", "text"),
    trap("has_table_privilege", "name, oid, text", "boolean"),
    trap("pg_has_role", "oid, oid, text", "boolean"),
    trap("pg_advisory_xact_lock", "bigint", "text"),
    trap("format", "text, name", "text"),
    trap("is_equal", "name, text", "boolean"),
    "CREATE OPERATOR public.= (FUNCTION = public.is_equal, LEFTARG = name, RIGHTARG = text)",
    ...["pg_roles", "pg_authid", "pg_auth_members", "pg_shdepend", "pg_database"].map(
      (name) =>
        `CREATE VIEW public.${name} AS SELECT * FROM pg_catalog.${name === "pg_authid" ? "pg_roles" : name}`,
    ),
  ]),
  run("ALTER DATABASE [own] SET search_path TO public, pg_catalog"),
  run("ALTER DATABASE [own] SET role TO <tenant>"),
];

const MADE_HR_CLONE = `CREATE ROLE <hr_clone> LOGIN PASSWORD '${MADE}'`;
const NOW_TENANTS_PARTNER = put({ alternateUsername: "<peer>" });
const UP_TO_SET = [start("tenant"), step("tenant", "createSecret"), step("tenant", "setSecret")];
const THE_REST = [step("tenant", "testSecret"), step("tenant", "finishSecret")];
const IN_ADVANCE = known("make the victim's clone in advance");
const toCloneOfHr = "GRANT <hr_clone> TO <admin> WITH ADMIN OPTION";

const GAMBITS: Repertoire["gambits"] = {
  rotations: [
    [rotate("tenant"), rotate("tenant"), rotate("tenant")],
    [rotate("hr"), rotate("tenant"), rotate("hr")],
    [rotate("hr"), put({ username: "<hr_clone>", password: "made" }), rotate("tenant")],
  ],
  markers: [
    [
      run(MADE_HR_CLONE, "GRANT <hr_clone> TO <hr>", toCloneOfHr),
      put({ username: "<hr_clone>", password: "made" }),
      rotate("tenant"),
    ],
    [run("COMMENT ON ROLE <tenant> IS 'rotation_partner_of: <peer>'"), NOW_TENANTS_PARTNER, rotate("tenant")],
    [run("ALTER ROLE <tenant> SET role TO <peer>"), NOW_TENANTS_PARTNER, rotate("tenant")],
  ],
  partners: [
    [NOW_TENANTS_PARTNER, rotate("tenant")],
    [put({ alternateUsername: "<hr>" }), rotate("tenant")],
    [rotate("hr"), put({ alternateUsername: "<hr_clone>" }), rotate("tenant")],
    [
      put({ username: "<peer>", password: "guessed" }, ["AWSPREVIOUS"]),
      put({ alternateUsername: "<peer>" }, ["MINE"]),
      rotate("tenant"),
    ],
    [
      run(
        `CREATE ROLE <x> LOGIN PASSWORD '${MADE}'`,
        "GRANT <tenant> TO <x>",
        "GRANT <x> TO <admin> WITH ADMIN OPTION",
      ),
      put({ alternateUsername: "<x>" }),
      rotate("tenant"),
      rotate("tenant"),
    ],
  ],
  "clones made in advance": [
    [IN_ADVANCE, rotate("hr")],
    [
      known("make the victim's clone in advance, with ADMIN OPTION for himself"),
      run(toCloneOfHr),
      rotate("hr"),
    ],
    [
      IN_ADVANCE,
      run(...GIFTS),
      run(
        "GRANT CREATE ON SCHEMA [tenant] TO <hr_clone>",
        "GRANT <hr_clone> TO <tenant>",
        "ALTER FUNCTION [tenant].steal() OWNER TO <hr_clone>",
      ),
      rotate("hr"),
    ],
    [
      IN_ADVANCE,
      run("GRANT <hr_clone> TO <x>", "ALTER ROLE <hr_clone> SET role TO <tenant>"),
      rotate("hr"),
      rotate("hr"),
    ],
    [
      start("hr"),
      step("hr", "createSecret"),
      IN_ADVANCE,
      step("hr", "setSecret"),
      step("hr", "testSecret"),
      step("hr", "finishSecret"),
    ],
  ],
  "between two steps": [
    [...UP_TO_SET, run("CREATE ROLE <x>", "GRANT <x> TO <tenant_clone>"), ...THE_REST],
    [...UP_TO_SET, run("CREATE ROLE <x>", "GRANT <x> TO <tenant>"), ...THE_REST],
    [...UP_TO_SET, run("GRANT CREATE ON SCHEMA [tenant] TO <tenant_clone>"), ...THE_REST],
    [...UP_TO_SET, run("ALTER ROLE <tenant_clone> SET role TO <tenant_clone>"), ...THE_REST],
    [
      rotate("tenant"),
      start("tenant"),
      putPending({ username: "<tenant>", alternateUsername: "<absent>", password: "previous" }),
      ...THE_REST,
    ],
    [
      start("tenant"),
      putPending({ username: "<peer>", password: "guessed" }),
      step("tenant", "setSecret"),
      ...THE_REST,
    ],
    [run("CREATE ROLE <x>"), rotate("tenant"), run("GRANT <x> TO <tenant_clone>"), rotate("tenant")],
  ],
  locks: [
    [{ do: "run", as: "tenant", hold: true, sql: [MADE_HR_CLONE] }, rotate("hr")],
    [
      IN_ADVANCE,
      { do: "run", as: "tenant", hold: true, sql: ["ALTER ROLE <hr_clone> CONNECTION LIMIT 5"] },
      rotate("hr"),
    ],
  ],
  "a database of the tenant's own": [
    [...TRAPS.slice(0, 2), put({ ownDatabase: true }), rotate("tenant"), rotate("tenant")],
    [...TRAPS, put({ ownDatabase: true }), rotate("tenant")],
  ],
  "master secrets": [
    [put({ masterarn: "tenant", alternateUsername: "<hr_clone>" }), rotate("tenant"), rotate("hr")],
    [put({ masterarn: "hr" }), rotate("tenant")],
  ],
};

export const POSTGRES_REPERTOIRE: Repertoire = { statement, gambits: GAMBITS };
