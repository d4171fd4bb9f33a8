import { createHash } from "node:crypto";
import { escapeLiteral, escapeIdentifier as id } from "pg";
import {
  type Cast,
  type Move,
  type MoveName,
  type Reachable,
  reachAs,
  type TenantProduct,
} from "./tenant.ts";

/** Format of the ownership marker for two users that a secret names. */
const PARTNER = "rotation_partner_of: ";

const asRoles = ({ victim, victimClone, tenant }: Cast) => [tenant, victimClone, victim];

const MOVES: Record<MoveName, Move> = {
  "make the victim's clone in advance": ({ victimClone, password }) => [
    `CREATE ROLE ${id(victimClone)} LOGIN PASSWORD ${escapeLiteral(password)}`,
  ],
  "make the victim's clone in advance, with ADMIN OPTION for himself": ({
    victimClone,
    tenant,
    password,
  }) => [
    `CREATE ROLE ${id(victimClone)} LOGIN PASSWORD ${escapeLiteral(password)}`,
    `GRANT ${id(victimClone)} TO ${id(tenant)} WITH ADMIN OPTION`,
  ],
  "make himself a member of the victim's clone": ({ victimClone, tenant }) => [
    `GRANT ${id(victimClone)} TO ${id(tenant)}`,
    `GRANT ${id(victimClone)} TO ${id(tenant)} WITH INHERIT TRUE, SET TRUE`,
  ],
  "make the victim's clone a member of the tenant": ({ victimClone, tenant }) => [
    `GRANT ${id(tenant)} TO ${id(victimClone)}`,
  ],
  "make the victim a member of the tenant": ({ victim, tenant }) => [`GRANT ${id(tenant)} TO ${id(victim)}`],
  "make the tenant a member of the victim": ({ victim, tenant }) => [`GRANT ${id(victim)} TO ${id(tenant)}`],
  "make the admin a member of the tenant, with ADMIN OPTION": ({ admin, tenant, victimClone }) => [
    `GRANT ${id(tenant)} TO ${id(admin)} WITH ADMIN OPTION`,
    `GRANT ${id(victimClone)} TO ${id(admin)} WITH ADMIN OPTION`,
  ],
  "mark the tenant as the victim's partner": ({ victim, tenant }) => [
    `COMMENT ON ROLE ${id(tenant)} IS ${escapeLiteral(PARTNER + victim)}`,
  ],
  "mark the victim as the tenant's partner": ({ victim, victimClone, tenant }) => [
    `COMMENT ON ROLE ${id(victim)} IS ${escapeLiteral(PARTNER + tenant)}`,
    `COMMENT ON ROLE ${id(victimClone)} IS ${escapeLiteral(PARTNER + tenant)}`,
  ],
  "set the tenant's role to the victim": ({ victim, tenant }) => [
    `ALTER ROLE ${id(tenant)} SET role TO ${id(victim)}`,
    `ALTER ROLE ${id(tenant)} IN DATABASE postgres SET role TO ${id(victim)}`,
  ],
  "set hostile settings for himself": ({ tenant, place }) => [
    `ALTER ROLE ${id(tenant)} SET search_path TO ${id(place)}, pg_catalog`,
    `ALTER ROLE ${id(tenant)} SET default_transaction_read_only TO on`,
    `ALTER ROLE ${id(tenant)} SET statement_timeout TO '50ms'`,
    `ALTER ROLE ${id(tenant)} SET standard_conforming_strings TO off`,
  ],
  "set hostile settings for the victim's clone": ({ victimClone, place }) => [
    `ALTER ROLE ${id(victimClone)} SET search_path TO ${id(place)}, pg_catalog`,
    `ALTER ROLE ${id(victimClone)} SET statement_timeout TO '50ms'`,
    `ALTER ROLE ${id(victimClone)} SET role TO ${id(victimClone)}`,
  ],
  "put functions named like the server's own into his schema": ({ place, tenant, victim }) => [
    `GRANT USAGE ON SCHEMA ${id(place)} TO PUBLIC`,
    ...[
      "current_setting(text)",
      "quote_ident(text)",
      "pg_get_userbyid(oid)",
      "set_config(text, text, boolean)",
    ].map(
      (signature) =>
        `CREATE FUNCTION ${id(place)}.${signature} RETURNS text LANGUAGE plpgsql AS ` +
        `${escapeLiteral(`BEGIN EXECUTE ${escapeLiteral(`GRANT ${id(victim)} TO ${id(tenant)}`)}; RETURN ''; END`)}`,
    ),
    `CREATE VIEW ${id(place)}.pg_roles AS SELECT * FROM pg_catalog.pg_roles WHERE rolname <> ${escapeLiteral(tenant)}`,
    `CREATE VIEW ${id(place)}.pg_auth_members AS SELECT * FROM pg_catalog.pg_auth_members WHERE false`,
  ],
  "own objects that run code of his": ({ place, treasure }) => [
    `CREATE FUNCTION ${id(place)}.steal() RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS ` +
      `${escapeLiteral(`DECLARE found text; BEGIN SELECT secret INTO found FROM public.${id(treasure)}; RETURN found; END`)}`,
    `GRANT USAGE ON SCHEMA ${id(place)} TO PUBLIC`,
    `GRANT EXECUTE ON FUNCTION ${id(place)}.steal() TO PUBLIC`,
    `CREATE TABLE ${id(place)}.trap (a integer)`,
    `CREATE FUNCTION ${id(place)}.spring() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`,
    `CREATE TRIGGER spring BEFORE INSERT ON ${id(place)}.trap FOR EACH ROW EXECUTE FUNCTION ${id(place)}.spring()`,
  ],
  "give objects of his to the victim's clone": ({ place, victimClone }) => [
    `CREATE TABLE ${id(place)}.gift (a integer)`,
    `GRANT CREATE, USAGE ON SCHEMA ${id(place)} TO ${id(victimClone)}`,
    `ALTER TABLE ${id(place)}.gift OWNER TO ${id(victimClone)}`,
    `ALTER FUNCTION ${id(place)}.steal() OWNER TO ${id(victimClone)}`,
  ],
  "grant on his schema to the victim": ({ place, victim }) => [
    `CREATE TABLE ${id(place)}.lure (a integer)`,
    `GRANT ALL ON ${id(place)}.lure TO ${id(victim)}`,
    `GRANT ALL ON SCHEMA ${id(place)} TO ${id(victim)}`,
  ],
  "grant on his schema to the victim's clone": ({ place, victimClone }) => [
    `CREATE TABLE ${id(place)}.lure_of_clone (a integer)`,
    `GRANT ALL ON ${id(place)}.lure_of_clone TO ${id(victimClone)}`,
    `GRANT ALL ON SCHEMA ${id(place)} TO ${id(victimClone)}`,
  ],
  "grant to an ownership marker": () => [],
  "set default privileges for the victim's clone": ({ place, tenant, victimClone }) => [
    `ALTER DEFAULT PRIVILEGES FOR ROLE ${id(tenant)} IN SCHEMA ${id(place)} GRANT SELECT ON TABLES TO ${id(victimClone)}`,
  ],
  "let an outsider into his own clone": ({ tenant, victim }) => [
    `CREATE ROLE ${id(`${tenant}_clone`)} LOGIN`,
    `GRANT ${id(`${tenant}_clone`)} TO ${id(victim)}`,
    `GRANT ${id(tenant)} TO ${id(`${tenant}_clone`)}`,
  ],
  "change the victim's clone: password and attributes": ({ victimClone, password }) => [
    `ALTER ROLE ${id(victimClone)} PASSWORD ${escapeLiteral(password)}`,
    `ALTER ROLE ${id(victimClone)} LOGIN CREATEROLE`,
    `ALTER ROLE ${id(victimClone)} VALID UNTIL 'infinity'`,
  ],
  "read what the victim reads, as every role that he can become": (cast) =>
    asRoles(cast).flatMap((role) => [
      `SET ROLE ${id(role)}`,
      `SELECT * FROM public.${id(cast.treasure)}`,
      "RESET ROLE",
    ]),
};

export const POSTGRES_TENANT: TenantProduct = {
  moves: MOVES,
  equip: async (server, { tenant, victim, admin, place, treasure }) => {
    await server.administer(`
      ALTER ROLE ${id(tenant)} CREATEROLE;
      CREATE SCHEMA ${id(place)} AUTHORIZATION ${id(tenant)};
      GRANT ${id(tenant)}, ${id(victim)} TO ${id(admin)} WITH ADMIN OPTION;
      CREATE TABLE public.${id(treasure)} (owner text, secret text);
      INSERT INTO public.${id(treasure)} VALUES (${escapeLiteral(victim)}, 'a treasure');
      ALTER TABLE public.${id(treasure)} OWNER TO ${id(victim)};
      CREATE VIEW public.${id(`${treasure}_own`)} AS
        SELECT * FROM public.${id(treasure)} WHERE owner = session_user;
      GRANT SELECT ON public.${id(`${treasure}_own`)} TO PUBLIC`);
  },
  reach: async (session, cast, usernames) => {
    const found = await reachAs(session, reachable(cast));
    for (const username of usernames.filter((name) => !name.startsWith("pg_"))) {
      if (await session.run(`SET ROLE ${id(username)}`).catch(() => false)) {
        found.push(`acts as ${username}`, ...(await reachAs(session, reachable(cast), ` as ${username}`)));
        await session.run("RESET ROLE");
      }
    }
    return found;
  },
  lock: ({ victimClone, victim, tenant }) => [
    "BEGIN",
    ...[victimClone, victim, tenant].map((name) => ignoring(`ALTER ROLE ${id(name)} CONNECTION LIMIT 5`)),
    // Any user may hold any advisory lock, and the key of the lock that rotations take is public.
    `SELECT pg_advisory_lock('${lockKey(victim, victimClone)}'::bigint)`,
    ignoring("LOCK TABLE pg_catalog.pg_authid IN SHARE MODE"),
  ],
};

function lockKey(...users: string[]): bigint {
  return createHash("sha256")
    .update(`rotation of ${users.sort().join(" and ")}`)
    .digest()
    .readBigInt64BE();
}

/** Wraps a statement. If it fails, the transaction goes on and keeps the locks that it holds. */
const ignoring = (statement: string) =>
  `DO ${escapeLiteral(`BEGIN ${statement}; EXCEPTION WHEN OTHERS THEN NULL; END`)}`;

function reachable({ treasure, place }: Cast): Reachable {
  return {
    table: `public.${id(treasure)}`,
    ownRows: `public.${id(`${treasure}_own`)}`,
    stolen: `${id(place)}.stolen`,
    steal: `SELECT 1 WHERE ${id(place)}.steal() IS NOT NULL`,
  };
}
