/** What is evaluated as the owner of a table, by the catalog that it is in: the column that names the table. */
const PARTS = {
  pg_index: "indrelid",
  pg_constraint: "conrelid",
  pg_statistic_ext: "stxrelid",
  pg_attrdef: "adrelid",
  pg_policy: "polrelid",
  pg_trigger: "tgrelid",
};

/**
 * The beginning of a WITH that ends in `relation(oid, name, harmless)`: the relations that a role owns, and whether another
 * one may own them without that what their author has made runs with its rights.
 *
 * Views and rules read as the owner of the relation, and a materialized view holds what its owner has read. Indexes,
 * statistics, foreign keys and the triggers that these set off are evaluated as the owner of the table. So whatever
 * function, operator or type they use must be a superuser's, or the heir's already. Left out are temporary relations, and
 * sequences of columns, which follow their table.
 *
 * @param owner the SQL for the OID of the owner, and of the heir.
 */
export function relations(owner: string, heir: string): string {
  const joins = Object.keys(PARTS).map((catalog) => {
    const [kind, oid] = catalog === "pg_index" ? ["pg_class", "indexrelid"] : [catalog, `${catalog}.oid`];
    return `LEFT JOIN ${catalog} ON classid = '${kind}'::regclass AND objid = ${oid}`;
  });
  const own = "classid = 'pg_class'::regclass";
  return `
    tainted AS (
      SELECT coalesce(${Object.values(PARTS).join(", ")}, CASE WHEN ${own} THEN objid END) AS relation
        FROM (SELECT 'pg_proc'::regclass, oid, proowner FROM pg_proc UNION ALL
              SELECT 'pg_operator'::regclass, oid, oprowner FROM pg_operator UNION ALL
              SELECT 'pg_opclass'::regclass, oid, opcowner FROM pg_opclass UNION ALL
              SELECT 'pg_type'::regclass, oid, typowner FROM pg_type WHERE typtype IN ('d', 'r', 'm')) AS used(class, oid, owner)
        JOIN pg_roles AS author ON author.oid = owner AND NOT rolsuper AND author.oid <> ${heir}
        JOIN pg_depend ON refclassid = class AND refobjid = used.oid ${joins.join(" ")}
    ), relation AS (
      SELECT oid, format('%s.%I', relnamespace::regnamespace, relname) AS name, CASE
               WHEN relkind = 'S' THEN true
               WHEN relkind = 'v' THEN coalesce((SELECT option_value::boolean FROM pg_options_to_table(reloptions)
                                                  WHERE option_name = 'security_invoker'), false)
               ELSE relkind <> 'm' AND NOT relhasrules
                    AND oid NOT IN (SELECT relation FROM tainted WHERE relation IS NOT NULL) END AS harmless
        FROM pg_class
       WHERE relowner = ${owner} AND relpersistence <> 't' AND relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
         AND NOT (relkind = 'S' AND oid IN (
               SELECT objid FROM pg_depend WHERE ${own} AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i')))
    )`;
}
