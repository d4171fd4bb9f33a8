import type { PostgresSession } from "../session.ts";
import { id, literal } from "../sql.ts";
import { relations } from "./relations.ts";

/** What a clone has of its own in one database. */
export interface Estate {
  readonly of: string;
  /** What its base role acts as in this database. */
  readonly heir: string;
  readonly database: string;
  /** How many objects can be handed over without giving their author any right of the heir. */
  readonly harmless: number;
  /** Objects that would run with the heir's rights. */
  readonly unsafe: readonly string[];
  readonly titles: readonly Title[];
}

/** A privilege, a default privilege, a row policy, a user mapping or a membership that names the clone. */
export interface Title {
  /** `SELECT ON TABLE public.orders` */
  readonly what: string;
  /** Whether nothing is lost without it, because the heir has the same, and the master user may take it. */
  readonly superfluous: boolean;
  readonly give: string;
  readonly givenBy: string | null;
  readonly take: string;
  readonly takenBy: string | null;
}

/** Titles that are read at once; the others when these are gone. */
const MOST = 300;

/** For administrators: what makes it the heir's, granted to the heir before it is taken from the clone. */
export function statementsFor({ of, heir, harmless, unsafe, titles }: Estate): string[] {
  const as = (role: string | null, statement: string) =>
    role === null ? statement : `SET ROLE ${id(role)}; ${statement}; RESET ROLE`;
  // Once they run with the rights of the user who calls them, their author gains nothing by a new owner.
  const tamed = unsafe.flatMap((thing) => {
    const [, routine] = /^(?:function|procedure) (.+)$/s.exec(thing) ?? [];
    return routine === undefined ? [] : [`ALTER ROUTINE ${routine} SECURITY INVOKER`];
  });
  const owned = harmless > 0 || unsafe.length > 0 ? [`REASSIGN OWNED BY ${id(of)} TO ${id(heir)}`] : [];
  return titles
    .flatMap(({ give, givenBy, take, takenBy }) => [give && as(givenBy, give), as(takenBy, take)])
    .filter((statement) => statement !== "")
    .concat(tamed, owned);
}

/** Reads it in one query, in the database of the session. */
export async function readEstate(
  session: PostgresSession,
  of: string,
  heir: string,
  start: string,
): Promise<Estate> {
  const [row] = await session.sql.query(`${start} ${query(session, of, heir)}`);
  return { of, heir, database: session.database, ...JSON.parse(String(row?.estate)) };
}

const TABLE = "%s.%I', relnamespace::regnamespace, relname)";

/** Of each kind of object that has privileges: catalog, owner, privileges and how GRANT names it. */
const KINDS = [
  [
    "pg_class",
    "relowner",
    "relacl",
    `format(CASE relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || '${TABLE}`,
  ],
  ["pg_namespace", "nspowner", "nspacl", "format('SCHEMA %I', nspname)"],
  ["pg_proc", "proowner", "proacl", "format('ROUTINE %s', o.oid::regprocedure)"],
  ["pg_type", "typowner", "typacl", "format('TYPE %s', o.oid::regtype)"],
  ["pg_language", "lanowner", "lanacl", "format('LANGUAGE %I', lanname)"],
  ["pg_foreign_data_wrapper", "fdwowner", "fdwacl", "format('FOREIGN DATA WRAPPER %I', fdwname)"],
  ["pg_foreign_server", "srvowner", "srvacl", "format('FOREIGN SERVER %I', srvname)"],
  ["pg_largeobject_metadata", "lomowner", "lomacl", "format('LARGE OBJECT %s', o.oid)"],
  ["pg_database", "datdba", "datacl", "format('DATABASE %I', datname)"],
  ["pg_tablespace", "spcowner", "spcacl", "format('TABLESPACE %I', spcname)"],
  ["pg_parameter_acl", "10::oid", "paracl", "format('PARAMETER %s', parname)"], // Since 15. The server owns it.
];

/** The SQL for a role's name as GRANT takes it. */
const named = (oid: string) =>
  `CASE ${oid} WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(${oid})) END`;

/** The SQL for the role that has a thing when it was handed over. */
const after = (oid: string) => `CASE ${oid} WHEN me THEN heir ELSE ${oid} END`;

/** The SQL for ALTER DEFAULT PRIVILEGES. */
const standard = (holder: string, verb: string, grantee: string) =>
  `format('ALTER DEFAULT PRIVILEGES FOR ROLE %s%s %s %s ON %s %s %s', ${named(holder)}, scope, ${verb}, privilege_type,
          objects, CASE ${verb} WHEN 'GRANT' THEN 'TO' ELSE 'FROM' END, ${named(grantee)})`;

function query({ server }: PostgresSession, of: string, heir: string): string {
  const oid = (role: string) => `(SELECT oid FROM pg_roles WHERE rolname = ${literal(role)})`;
  const kinds = KINDS.filter(([catalog]) => server.number >= 150000 || catalog !== "pg_parameter_acl");
  // Large objects are known by the catalog of their contents.
  const objects = kinds.map(
    ([catalog = "", owner, acl, name]) =>
      `SELECT mine.*, ${owner}, ${acl}, NULL::aclitem[], ${name}, '' FROM mine JOIN ${catalog} AS o ON o.oid = objid
        AND classid = '${catalog.replace("_metadata", "")}'::regclass AND objsubid = 0 AND deptype = 'a'`,
  );
  return `
    WITH ${relations(oid(of), oid(heir))}, mine AS (
      SELECT refobjid AS me, ${oid(heir)} AS heir, classid, objid, objsubid, deptype FROM pg_shdepend
       WHERE refclassid = 'pg_authid'::regclass AND refobjid = ${oid(of)} AND deptype <> 'i'
         AND dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())) AND NOT (
               classid = 'pg_class'::regclass AND objid IN (SELECT oid FROM pg_class WHERE relpersistence = 't'))
    ), thing AS (
      SELECT format('%s %s', type, identity) AS name, CASE classid
               WHEN 'pg_class'::regclass THEN coalesce(relation.harmless, true)
               WHEN 'pg_proc'::regclass THEN NOT (SELECT prosecdef FROM pg_proc WHERE pg_proc.oid = objid)
               ELSE classid NOT IN ('pg_event_trigger'::regclass, 'pg_subscription'::regclass) END AS harmless
        FROM mine LEFT JOIN relation ON relation.oid = objid AND classid = 'pg_class'::regclass,
             pg_identify_object(classid, objid, 0)
       WHERE deptype = 'o' AND classid NOT IN ('pg_default_acl'::regclass, 'pg_user_mapping'::regclass)
    ), object(me, heir, classid, objid, objsubid, deptype, owner, acl, whole, object, part) AS (
      ${objects.join(" UNION ALL ")} UNION ALL
      SELECT mine.*, relowner, attacl, coalesce(relacl, acldefault('r', relowner)), format('TABLE ${TABLE}, format(' (%I)', attname)
        FROM mine JOIN pg_attribute ON attrelid = objid AND attnum = objsubid AND classid = 'pg_class'::regclass
        JOIN pg_class ON pg_class.oid = objid WHERE objsubid <> 0 AND deptype = 'a'
    ), standard AS (
      SELECT mine.*, d.*, coalesce(' IN SCHEMA ' || quote_ident(nspname), '') AS scope,
             CASE defaclnamespace WHEN 0 THEN acldefault(defaclobjtype, defaclrole) END AS initial,
             CASE defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'ROUTINES'
                                WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' ELSE 'LARGE OBJECTS' END AS objects
        FROM mine JOIN pg_default_acl AS d ON d.oid = objid AND classid = 'pg_default_acl'::regclass
        LEFT JOIN pg_namespace ON pg_namespace.oid = defaclnamespace
    ), title AS (
      SELECT CASE grantor WHEN me THEN 1 ELSE 2 END AS rank, CASE grantor WHEN me THEN 'the grant of ' ELSE '' END || text AS what,
             EXISTS (SELECT FROM aclexplode(acl || whole) AS same
                WHERE same.privilege_type = p.privilege_type AND me NOT IN (same.grantee, same.grantor)
                  AND (same.is_grantable OR same.grantee = owner OR NOT p.is_grantable)
                  AND CASE WHEN 0 IN (same.grantee, ${after("p.grantee")}) THEN same.grantee = 0
                           ELSE pg_has_role(${after("p.grantee")}, same.grantee, 'USAGE') END) AS shared,
             format('GRANT %s TO %s%s', text, ${named(after("grantee"))},
                    CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END) AS give,
             CASE grantor WHEN me THEN owner ELSE grantor END AS giver,
             format('REVOKE %s FROM %s', text, ${named("grantee")}) AS take, grantor AS taker, me, heir
        FROM object, LATERAL (SELECT *, privilege_type || part || ' ON ' || object AS text FROM aclexplode(acl)) AS p
       WHERE me IN (grantee, grantor) AND grantee <> owner
      UNION
      SELECT 3, format('the default privilege %s ON %s', privilege_type, objects), verb = 'GRANT' AND EXISTS (
               SELECT FROM pg_default_acl AS d, aclexplode(d.defaclacl) AS same
                WHERE (d.defaclrole, d.defaclnamespace, d.defaclobjtype, same.grantee, same.privilege_type)
                      = (${after("s.defaclrole")}, s.defaclnamespace, s.defaclobjtype, ${after("e.grantee")}, e.privilege_type)
                  AND (same.is_grantable OR NOT e.is_grantable)),
             ${standard(after("defaclrole"), "verb", after("grantee"))}
               || CASE WHEN is_grantable AND verb = 'GRANT' THEN ' WITH GRANT OPTION' ELSE '' END, ${after("defaclrole")},
             ${standard("defaclrole", "undo", "grantee")}, defaclrole, me, heir
        FROM standard AS s, LATERAL (
          SELECT 'GRANT' AS verb, 'REVOKE' AS undo, one.* FROM aclexplode(defaclacl) AS one
           WHERE (grantee, privilege_type) NOT IN (SELECT grantee, privilege_type FROM aclexplode(initial)) UNION ALL
          SELECT 'REVOKE', 'GRANT', one.* FROM aclexplode(initial) AS one
           WHERE (grantee, privilege_type) NOT IN (SELECT grantee, privilege_type FROM aclexplode(defaclacl))
        ) AS e WHERE me IN (defaclrole, grantee)
      UNION
      SELECT 4, format('the row policy %I on %s', polname, polrelid::regclass), heir = ANY (polroles), '', NULL,
             format('ALTER POLICY %I ON %s TO %s', polname, polrelid::regclass, (
               SELECT string_agg(DISTINCT ${named("one")}, ', ') FROM unnest(array_replace(polroles, me, heir)) AS one)),
             relowner, me, heir
        FROM mine JOIN pg_policy ON pg_policy.oid = objid AND classid = 'pg_policy'::regclass
        JOIN pg_class ON pg_class.oid = polrelid
      UNION
      SELECT 5, format('the user mapping for the server %I', srvname),
             EXISTS (SELECT FROM pg_user_mappings AS same WHERE same.srvid = m.srvid AND same.umuser = heir),
             format('DO $do$ DECLARE o text; BEGIN PERFORM pg_catalog.set_config(''search_path'', ''pg_catalog, pg_temp'', true);'
               ' SELECT string_agg(format(''%%I %%L'', option_name, option_value), '', '')'
               ' INTO o FROM pg_catalog.pg_user_mappings AS m, pg_catalog.pg_options_to_table(umoptions) WHERE m.umid = %s;'
               ' EXECUTE %L || coalesce('' OPTIONS ('' || o || '')'', ''''); END $do$', umid,
               format('CREATE USER MAPPING FOR %s SERVER %I', ${named("heir")}, srvname)), NULL,
             format('DROP USER MAPPING FOR %s SERVER %I', ${named("me")}, srvname), NULL, me, heir
        FROM mine JOIN pg_user_mappings AS m ON umid = objid AND classid = 'pg_user_mapping'::regclass
      UNION
      SELECT 6, format('the membership of %s in %s that it has granted', member::regrole, roleid::regrole), false,
             format('GRANT %s TO %s%s', roleid::regrole, member::regrole,
                    CASE WHEN admin_option THEN ' WITH ADMIN OPTION' END), NULL,
             format('REVOKE %s FROM %s GRANTED BY %s', roleid::regrole, member::regrole, ${named("me")}), NULL, me, heir
        FROM mine JOIN pg_auth_members AS m ON grantor = me AND classid = 'pg_auth_members'::regclass
    )
    SELECT jsonb_build_object(
      'harmless', (SELECT count(*) FROM thing WHERE harmless),
      'unsafe', (SELECT coalesce(jsonb_agg(name), '[]') FROM thing WHERE NOT harmless),
      'titles', (SELECT coalesce(jsonb_agg(to_jsonb(one)), '[]') FROM (
         SELECT what, take, CASE WHEN shared THEN '' ELSE give END AS give,
                pg_get_userbyid(giver) AS "givenBy", pg_get_userbyid(taker) AS "takenBy",
                shared AND coalesce(taker IN (me, heir) OR pg_has_role(taker, 'MEMBER'), true) AS superfluous
           FROM title ORDER BY rank, what LIMIT ${MOST}) AS one)
    )::text AS estate`;
}
