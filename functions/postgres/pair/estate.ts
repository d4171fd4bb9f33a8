import type { Finding } from "../../../shared/engine/pair.ts";
import { joinStatements } from "../../../shared/report/safe-text.ts";
import { isModern, type PostgresSession } from "../session.ts";
import { id, literal } from "../sql.ts";

/** The objects that a clone owns, and the grants to it and by it, in one database. */
export interface Estate {
  readonly of: string;
  /** The role that receives the belongings: see successorIn. */
  readonly successor: string;
  readonly database: string;
  /** Number of objects whose new owner gives their author no privilege of the successor. */
  readonly harmless: number;
  /** At most one portion of the relations among them. Sequences of columns are left out: they follow their table. */
  readonly relations: readonly string[];
  /** Objects that would run with the successor's privileges. The remedy, if not empty, makes them run with the caller's. */
  readonly unsafe: readonly Finding[];
  readonly entitlements: readonly Entitlement[];
  /** GRANTs that the admin user makes to itself before it hands over, and the statements that undo them. */
  readonly temporaryGrants: readonly { readonly grant: string; readonly revoke: string }[];
}

/**
 * A privilege, a default privilege, a row policy, a user mapping or a membership that names the clone, such as `SELECT ON
 * TABLE public.orders`. The remedy gives it to the successor, unless the successor has the same, and takes it from the
 * clone.
 */
export interface Entitlement extends Finding {
  /** Whether the successor has the same and the master user may take it from the clone. */
  readonly removable: boolean;
  /** The statement that takes it from the clone. */
  readonly removal: string;
}

/** Maximum number of entitlements and of relations that one query reads. The next query reads the next ones. */
export const PORTION = 300;

/** Returns the statements for an administrator that hand the belongings over to the successor. */
export function statementsFor({ of, successor, harmless, unsafe, entitlements }: Estate): string[] {
  const remedies = [...entitlements, ...unsafe]
    .map(({ remedy }) => remedy)
    .filter((statement) => statement !== "");
  const isOwner = harmless > 0 || unsafe.length > 0;
  return isOwner ? [...remedies, `REASSIGN OWNED BY ${id(of)} TO ${id(successor)}`] : remedies;
}

/** Asks the administrator to read definitions first if the clone's author could gain the successor's privileges by them. */
export function remedyFor(estates: readonly Estate[]): string {
  const withoutRemedy = estates.flatMap(({ unsafe }) => unsafe.filter(({ remedy }) => remedy === ""));
  const first =
    "Read the definitions first, since what they call runs with other rights afterwards, and drop what you do not trust: ";
  const run = estates.map((estate) => `in ${id(estate.database)}: ${joinStatements(statementsFor(estate))}`);
  const read = withoutRemedy.length > 0 ? `${first}${summary(withoutRemedy)}. ` : "";
  return `${read}Run as an administrator ${run.join(" - ")}`;
}

export function summary(findings: readonly Finding[]): string {
  const names = findings.map(({ what }) => what);
  return names.slice(0, 10).join(", ") + (names.length > 10 ? ` and ${names.length - 10} more` : "");
}

/** Reads the belongings in the session's database in one query. */
export async function readEstate(
  session: PostgresSession,
  { of, successor }: Pick<Estate, "of" | "successor">,
  start: string,
  portion = PORTION,
): Promise<Estate> {
  const [row] = await session.sql.query(`${start} ${query(session, of, successor, portion)}`);
  return { of, successor, database: session.database, ...JSON.parse(String(row?.estate)) };
}

/** For each kind of object that has privileges: catalog, column of the owner, column of the privileges, keyword in GRANT. */
const KINDS = [
  ["pg_class", "relowner", "relacl", "TABLE"], // GRANT … ON TABLE also accepts a sequence.
  ["pg_namespace", "nspowner", "nspacl", "SCHEMA"],
  ["pg_proc", "proowner", "proacl", "ROUTINE"],
  ["pg_type", "typowner", "typacl", "TYPE"],
  ["pg_language", "lanowner", "lanacl", "LANGUAGE"],
  ["pg_foreign_data_wrapper", "fdwowner", "fdwacl", "FOREIGN DATA WRAPPER"],
  ["pg_foreign_server", "srvowner", "srvacl", "FOREIGN SERVER"],
  ["pg_largeobject_metadata", "lomowner", "lomacl", "LARGE OBJECT"],
  ["pg_database", "datdba", "datacl", "DATABASE"],
  ["pg_tablespace", "spcowner", "spcacl", "TABLESPACE"],
  ["pg_parameter_acl", "10::oid", "paracl", "PARAMETER"], // Since 15. Owned by the bootstrap superuser.
];

// SQL texts: a role's name for GRANT; the role that has an object after the handover; a statement run as another role.
const named = (oid: string) =>
  `CASE ${oid} WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(${oid})) END`;
const after = (oid: string) => `CASE ${oid} WHEN me THEN successor ELSE ${oid} END`;
const by = (oid: string, statement: string) =>
  `CASE WHEN ${oid} IS NULL THEN ${statement} ELSE format('SET ROLE %I; %s; RESET ROLE', pg_get_userbyid(${oid}), ${statement}) END`;
const standard = (holder: string, verb: string, grantee: string) =>
  `format('ALTER DEFAULT PRIVILEGES FOR ROLE %s%s %s %s ON %s %s %s', ${named(holder)}, scope, ${verb}, privilege_type,
          objects, CASE ${verb} WHEN 'GRANT' THEN 'TO' ELSE 'FROM' END, ${named(grantee)})`;

/**
 * Views and rules run as the owner of the relation, and a materialized view holds what its owner has read. The server
 * evaluates indexes, statistics, foreign keys and other parts of a table as the owner of the table. So every function,
 * operator and type that they use must belong to a superuser or to the successor. Otherwise the relation is `tainted`.
 */
function query({ server }: PostgresSession, of: string, successor: string, portion: number): string {
  const oid = (role: string) => `(SELECT oid FROM pg_roles WHERE rolname = ${literal(role)})`;
  const since15 = server.number >= 150000;
  const modern = isModern(server);
  // pg_shdepend refers to a large object by pg_largeobject, the catalog of its contents.
  const objects = KINDS.filter(([catalog]) => since15 || catalog !== "pg_parameter_acl").map(
    ([catalog = "", owner, acl, kind]) =>
      `SELECT mine.*, ${owner}, ${acl}, NULL::aclitem[], '${kind} ' || identity, '' FROM mine
         JOIN ${catalog} AS o ON o.oid = objid
          AND classid = '${catalog.replace("_metadata", "")}'::regclass AND objsubid = 0 AND deptype = 'a'`,
  );
  return `
    WITH mine AS (
      SELECT refobjid AS me, ${oid(successor)} AS successor, d.classid, d.objid, d.objsubid, deptype, type, identity
        FROM pg_shdepend AS d, pg_identify_object(d.classid, d.objid, d.objsubid)
       WHERE refclassid = 'pg_authid'::regclass AND refobjid = ${oid(of)} AND deptype <> 'i'
         AND dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())) AND NOT (
               classid = 'pg_class'::regclass AND objid IN (SELECT oid FROM pg_class WHERE relpersistence = 't'))
    ), tainted AS (
      SELECT unnest(ARRAY[part.refobjid, CASE d.classid WHEN 'pg_class'::regclass THEN d.objid END]) AS relation
        FROM (SELECT 'pg_proc'::regclass, oid, proowner FROM pg_proc UNION ALL
              SELECT 'pg_operator'::regclass, oid, oprowner FROM pg_operator UNION ALL
              SELECT 'pg_opclass'::regclass, oid, opcowner FROM pg_opclass UNION ALL
              SELECT 'pg_type'::regclass, oid, typowner FROM pg_type WHERE typtype IN ('d', 'r', 'm')) AS used(class, oid, owner)
        JOIN pg_roles AS author ON author.oid = owner AND NOT rolsuper AND author.oid <> ${oid(successor)}
        JOIN pg_depend AS d ON d.refclassid = class AND d.refobjid = used.oid
        LEFT JOIN pg_depend AS part ON (part.classid, part.objid) = (d.classid, d.objid) AND part.deptype IN ('a', 'i')
         AND part.refclassid = 'pg_class'::regclass
    ), thing AS (
      SELECT format('%s %s', type, identity) AS what, identity, objid,
             CASE classid WHEN 'pg_proc'::regclass THEN NOT prosecdef
               WHEN 'pg_class'::regclass THEN CASE relkind WHEN 'S' THEN true WHEN 'm' THEN false
                 WHEN 'v' THEN coalesce((SELECT option_value::boolean FROM pg_options_to_table(reloptions)
                                          WHERE option_name = 'security_invoker'), false)
                 ELSE NOT relhasrules AND objid NOT IN (SELECT relation FROM tainted WHERE relation IS NOT NULL) END
               ELSE classid NOT IN ('pg_event_trigger'::regclass, 'pg_subscription'::regclass) END AS harmless,
             relkind IN ('r', 'p', 'f', 'v', 'm') OR relkind = 'S' AND NOT EXISTS (
               SELECT FROM pg_depend AS d WHERE (d.classid, d.objid) = (mine.classid, mine.objid)
                  AND refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')) AS moves,
             CASE WHEN prosecdef THEN format('ALTER ROUTINE %s SECURITY INVOKER', identity)
                  WHEN relkind = 'v' AND ${since15} THEN format('ALTER VIEW %s SET (security_invoker = true)', identity)
                  ELSE '' END AS remedy
        FROM mine LEFT JOIN pg_class ON pg_class.oid = objid AND classid = 'pg_class'::regclass
        LEFT JOIN pg_proc ON pg_proc.oid = objid AND classid = 'pg_proc'::regclass
       WHERE deptype = 'o' AND classid NOT IN ('pg_default_acl'::regclass, 'pg_user_mapping'::regclass)
    ), object(me, successor, classid, objid, objsubid, deptype, type, identity, owner, acl, whole, object, part) AS (
      ${objects.join(" UNION ALL ")} UNION ALL
      SELECT mine.*, relowner, attacl, coalesce(relacl, acldefault('r', relowner)), 'TABLE ' || attrelid::regclass,
             format(' (%I)', attname) FROM mine
        JOIN pg_attribute ON attrelid = objid AND attnum = objsubid AND classid = 'pg_class'::regclass
        JOIN pg_class ON pg_class.oid = objid WHERE objsubid <> 0 AND deptype = 'a'
    ), standard AS (
      SELECT mine.*, d.*, coalesce(' IN SCHEMA ' || quote_ident(nspname), '') AS scope,
             CASE defaclnamespace WHEN 0 THEN acldefault(defaclobjtype, defaclrole) END AS initial,
             CASE defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'ROUTINES'
                                WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' ELSE 'LARGE OBJECTS' END AS objects
        FROM mine JOIN pg_default_acl AS d ON d.oid = objid AND classid = 'pg_default_acl'::regclass
        LEFT JOIN pg_namespace ON pg_namespace.oid = defaclnamespace
    ), entitlement(rank, what, shared, give, giver, take, taker, me, successor) AS (
      SELECT CASE grantor WHEN me THEN 1 ELSE 2 END, CASE grantor WHEN me THEN 'the grant of ' ELSE '' END || text,
             EXISTS (SELECT FROM aclexplode(acl || whole) AS same
                WHERE same.privilege_type = p.privilege_type AND me NOT IN (same.grantee, same.grantor)
                  AND (same.is_grantable OR same.grantee = owner OR NOT p.is_grantable)
                  AND CASE WHEN 0 IN (same.grantee, ${after("p.grantee")}) THEN same.grantee = 0
                           ELSE pg_has_role(${after("p.grantee")}, same.grantee, 'USAGE') END),
             format('GRANT %s TO %s%s', text, ${named(after("grantee"))},
                    CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END), CASE grantor WHEN me THEN owner ELSE grantor END,
             format('REVOKE %s FROM %s', text, ${named("grantee")}), grantor, me, successor
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
             ${standard("defaclrole", "undo", "grantee")}, defaclrole, me, successor
        FROM standard AS s, LATERAL (
          SELECT 'GRANT' AS verb, 'REVOKE' AS undo, one.* FROM aclexplode(defaclacl) AS one
           WHERE (grantee, privilege_type) NOT IN (SELECT grantee, privilege_type FROM aclexplode(initial)) UNION ALL
          SELECT 'REVOKE', 'GRANT', one.* FROM aclexplode(initial) AS one
           WHERE (grantee, privilege_type) NOT IN (SELECT grantee, privilege_type FROM aclexplode(defaclacl))
        ) AS e WHERE me IN (defaclrole, grantee)
      UNION
      SELECT 4, 'the row policy ' || identity, successor = ANY (polroles), '', NULL,
             format('ALTER POLICY %s TO %s', identity, (
               SELECT string_agg(DISTINCT ${named("one")}, ', ') FROM unnest(array_replace(polroles, me, successor)) AS one)),
             relowner, me, successor
        FROM mine JOIN pg_policy ON pg_policy.oid = objid AND classid = 'pg_policy'::regclass
        JOIN pg_class ON pg_class.oid = polrelid
      UNION
      SELECT 5, format('the user mapping for the server %I', srvname),
             EXISTS (SELECT FROM pg_user_mappings AS same WHERE same.srvid = m.srvid AND same.umuser = successor),
             format('DO $do$ DECLARE o text; BEGIN PERFORM pg_catalog.set_config(''search_path'', ''pg_catalog, pg_temp'', true);'
               ' SELECT string_agg(format(''%%I %%L'', option_name, option_value), '', '')'
               ' INTO o FROM pg_catalog.pg_user_mappings AS m, pg_catalog.pg_options_to_table(umoptions) WHERE m.umid = %s;'
               ' EXECUTE %L || coalesce('' OPTIONS ('' || o || '')'', ''''); END $do$', umid,
               format('CREATE USER MAPPING FOR %s SERVER %I', ${named("successor")}, srvname)), NULL,
             format('DROP USER MAPPING FOR %s SERVER %I', ${named("me")}, srvname), NULL, me, successor
        FROM mine JOIN pg_user_mappings AS m ON umid = objid AND classid = 'pg_user_mapping'::regclass
      UNION
      SELECT 6, format('the membership of %s in %s that it has granted', member::regrole, roleid::regrole), false,
             format('GRANT %s TO %s%s', roleid::regrole, member::regrole,
                    CASE WHEN admin_option THEN ' WITH ADMIN OPTION' END), NULL,
             format('REVOKE %s FROM %s GRANTED BY %s', roleid::regrole, member::regrole, ${named("me")}), NULL, me, successor
        FROM mine JOIN pg_auth_members AS m ON grantor = me AND classid = 'pg_auth_members'::regclass
    )
    SELECT jsonb_build_object(
      'harmless', (SELECT count(*) FROM thing WHERE harmless),
      'relations', ARRAY(SELECT identity FROM thing WHERE harmless AND moves ORDER BY objid LIMIT ${portion}),
      'unsafe', (SELECT coalesce(jsonb_agg(to_jsonb(one)), '[]') FROM (
         SELECT what, remedy FROM thing WHERE NOT harmless ORDER BY objid) AS one),
      'entitlements', (SELECT coalesce(jsonb_agg(to_jsonb(one)), '[]') FROM (
         SELECT what, concat_ws('; ', CASE WHEN NOT shared AND give <> '' THEN ${by("giver", "give")} END, ${by("taker", "take")}) AS remedy,
                concat('SET LOCAL ROLE ' || quote_ident(pg_get_userbyid(taker)) || '; ', take) AS removal,
                shared AND coalesce(taker IN (me, successor) OR pg_has_role(taker, 'MEMBER'), true) AS removable
           FROM entitlement ORDER BY rank, what LIMIT ${portion}) AS one),
      'temporaryGrants', (SELECT coalesce(jsonb_agg(to_jsonb(one)), '[]') FROM (
         SELECT format('GRANT %I TO %I', rolname, current_user) || ${modern ? "' WITH INHERIT TRUE, SET TRUE'" : "''"} AS "grant",
                CASE WHEN own IS NULL THEN format('REVOKE %I FROM %I', rolname, current_user)
                     ELSE format('GRANT %I TO %I WITH INHERIT %s, SET %s', rolname, current_user,
                                 own ->> 'inherit_option', own ->> 'set_option') END AS revoke
           FROM pg_roles AS role LEFT JOIN (
                  SELECT roleid, to_jsonb(one) AS own FROM pg_auth_members AS one
                   WHERE ${modern} AND member = grantor AND pg_get_userbyid(member) = current_user) AS mine ON roleid = role.oid
          WHERE role.oid IN (${oid(of)}, ${oid(successor)})
            AND NOT (pg_has_role(role.oid, 'USAGE') ${modern ? "AND pg_has_role(role.oid, 'SET')" : ""})) AS one)
    )::text AS estate`;
}
