import { hash } from "node:crypto";
import { escape as literal } from "mysql2";
import {
  type Cast,
  type Move,
  type MoveName,
  type Reachable,
  reachAs,
  type TenantProduct,
} from "./tenant.ts";

const id = (name: string) => `\`${name.replaceAll("`", "``")}\``;
const user = (name: string) => `${literal(name)}@'%'`;

/** Schema of the contract's tables. */
const SCHEMA = "contract";
/** A database of the tenant in which the admin user has no rights. */
const hidden = ({ place }: Cast) => `${place}_hidden`;

/** MariaDB's ownership marker is a role. */
const markerOf = (name: string) => `rotation_clone_of_${name}`;

const MOVES: Record<MoveName, Move> = {
  "make the victim's clone in advance": ({ victimClone, password, place }) => [
    `CREATE USER ${user(victimClone)} IDENTIFIED BY ${literal(password)}`,
    "SET sql_mode = ''",
    `GRANT SELECT ON ${id(place)}.* TO ${user(victimClone)}`,
  ],
  "make the victim's clone in advance, with ADMIN OPTION for himself": ({
    victimClone,
    tenant,
    password,
  }) => [
    `CREATE USER ${user(victimClone)} IDENTIFIED BY ${literal(password)}`,
    `CREATE ROLE ${literal(victimClone)} WITH ADMIN ${user(tenant)}`,
    `GRANT ${user(victimClone)} TO ${user(tenant)} WITH ADMIN OPTION`,
  ],
  "make himself a member of the victim's clone": ({ victimClone, tenant }) => [
    `GRANT ${user(victimClone)} TO ${user(tenant)}`,
    `GRANT PROXY ON ${user(victimClone)} TO ${user(tenant)}`,
  ],
  "make the victim's clone a member of the tenant": ({ victimClone, tenant }) => [
    `GRANT ${user(tenant)} TO ${user(victimClone)}`,
    `GRANT PROXY ON ${user(tenant)} TO ${user(victimClone)}`,
  ],
  "make the victim a member of the tenant": ({ victim, tenant }) => [
    `GRANT ${user(tenant)} TO ${user(victim)}`,
    `GRANT PROXY ON ${user(tenant)} TO ${user(victim)}`,
  ],
  "make the tenant a member of the victim": ({ victim, tenant }) => [
    `GRANT ${user(victim)} TO ${user(tenant)}`,
    `GRANT PROXY ON ${user(victim)} TO ${user(tenant)}`,
  ],
  "make the admin a member of the tenant, with ADMIN OPTION": ({ admin, tenant }) => [
    `GRANT ${user(tenant)} TO ${user(admin)} WITH ADMIN OPTION`,
    `GRANT PROXY ON ${user(tenant)} TO ${user(admin)} WITH GRANT OPTION`,
  ],
  "mark the tenant as the victim's partner": ({ victim, tenant }) => [
    `ALTER USER ${user(tenant)} ATTRIBUTE ${literal(JSON.stringify({ rotation_clone_of: victim }))}`,
    `ALTER USER USER() ATTRIBUTE ${literal(JSON.stringify({ rotation_clone_of: victim }))}`,
    `CREATE ROLE ${literal(markerOf(victim))}`,
    `GRANT ${literal(markerOf(victim))} TO ${user(tenant)}`,
  ],
  "mark the victim as the tenant's partner": ({ victim, victimClone, tenant }) => [
    `ALTER USER ${user(victim)} ATTRIBUTE ${literal(JSON.stringify({ rotation_clone_of: tenant }))}`,
    `ALTER USER ${user(victimClone)} ATTRIBUTE ${literal(JSON.stringify({ rotation_clone_of: tenant }))}`,
    `CREATE ROLE ${literal(markerOf(tenant))}`,
    `GRANT ${literal(markerOf(tenant))} TO ${user(victim)}`,
    `GRANT ${literal(markerOf(tenant))} TO ${user(victimClone)}`,
  ],
  "set the tenant's role to the victim": ({ victim, tenant }) => [
    `SET DEFAULT ROLE ${user(victim)} TO ${user(tenant)}`,
    `SET DEFAULT ROLE ${literal(victim)} FOR ${user(tenant)}`,
  ],
  "set hostile settings for himself": ({ tenant }) => [
    `ALTER USER ${user(tenant)} WITH MAX_QUERIES_PER_HOUR 1`,
    "SET GLOBAL init_connect = 'DO SLEEP(60)'",
    "SET GLOBAL read_only = ON",
  ],
  "set hostile settings for the victim's clone": ({ victimClone }) => [
    `ALTER USER ${user(victimClone)} WITH MAX_QUERIES_PER_HOUR 1`,
  ],
  "put functions named like the server's own into his schema": ({ place }) => [
    `CREATE FUNCTION ${id(place)}.\`GET_LOCK\`(a text, b int) RETURNS int DETERMINISTIC RETURN 0`,
    `CREATE FUNCTION ${id(place)}.\`JSON_EXTRACT\`(a text, b text) RETURNS text DETERMINISTIC RETURN ''`,
    `CREATE TABLE ${id(place)}.user (a int)`,
  ],
  "own objects that run code of his": ({ place, treasure }) => [
    `CREATE FUNCTION ${id(place)}.steal() RETURNS text READS SQL DATA SQL SECURITY DEFINER ` +
      `RETURN (SELECT secret FROM ${SCHEMA}.${id(treasure)} LIMIT 1)`,
    `CREATE VIEW ${id(place)}.stolen AS SELECT * FROM ${SCHEMA}.${id(treasure)}`,
  ],
  "give objects of his to the victim's clone": ({ place, treasure, victimClone }) => [
    `CREATE DEFINER = ${user(victimClone)} FUNCTION ${id(place)}.steal() RETURNS text READS SQL DATA ` +
      `SQL SECURITY DEFINER RETURN (SELECT secret FROM ${SCHEMA}.${id(treasure)} LIMIT 1)`,
    `CREATE DEFINER = ${user(victimClone)} SQL SECURITY DEFINER VIEW ${id(place)}.stolen AS ` +
      `SELECT * FROM ${SCHEMA}.${id(treasure)}`,
  ],
  "grant on his schema to the victim": (cast) => [
    `CREATE TABLE ${id(cast.place)}.lure (a int)`,
    `GRANT ALL ON ${id(cast.place)}.lure TO ${user(cast.victim)}`,
    `GRANT SELECT, INSERT ON ${id(hidden(cast))}.* TO ${user(cast.victim)} WITH GRANT OPTION`,
  ],
  "grant on his schema to the victim's clone": (cast) => [
    `CREATE TABLE ${id(cast.place)}.lure_of_clone (a int)`,
    `GRANT ALL ON ${id(cast.place)}.lure_of_clone TO ${user(cast.victimClone)}`,
    `GRANT SELECT, INSERT ON ${id(hidden(cast))}.* TO ${user(cast.victimClone)} WITH GRANT OPTION`,
  ],
  "grant to an ownership marker": ({ place, victim }) => [
    `GRANT ALL ON ${id(place)}.* TO ${literal(markerOf(victim))}`,
    `GRANT SELECT ON ${id(place)}.* TO ${user(markerOf(victim))}`,
  ],
  "set default privileges for the victim's clone": () => [],
  "let an outsider into his own clone": ({ tenant, victim }) => [
    `GRANT ${user(`${tenant}_clone`)} TO ${user(victim)}`,
    `GRANT PROXY ON ${user(`${tenant}_clone`)} TO ${user(victim)}`,
  ],
  "change the victim's clone: password and attributes": ({ victimClone, password }) => [
    `ALTER USER ${user(victimClone)} IDENTIFIED BY ${literal(password)}`,
    `SET PASSWORD FOR ${user(victimClone)} = ${literal(password)}`,
    `SET PASSWORD FOR ${user(victimClone)} = PASSWORD(${literal(password)})`,
  ],
  "read what the victim reads, as every role that he can become": ({ treasure, victim, victimClone }) => [
    "SET ROLE ALL",
    `SET ROLE ${literal(victim)}`,
    `SET ROLE ${literal(victimClone)}`,
    `SELECT * FROM ${SCHEMA}.${id(treasure)}`,
  ],
};

export const MYSQL_FAMILY_TENANT: TenantProduct = {
  moves: MOVES,
  equip: async (server, cast) => {
    const { tenant, victim, admin, place, treasure } = cast;
    for (const statement of [
      `CREATE DATABASE ${id(place)}`,
      `CREATE DATABASE ${id(hidden(cast))}`,
      `GRANT ALL ON ${id(place)}.* TO ${user(tenant)} WITH GRANT OPTION`,
      `GRANT ALL ON ${id(hidden(cast))}.* TO ${user(tenant)} WITH GRANT OPTION`,
      `GRANT ALL ON ${id(place)}.* TO ${user(admin)} WITH GRANT OPTION`,
      `CREATE TABLE ${SCHEMA}.${id(treasure)} (owner varchar(200), secret varchar(200))`,
      `INSERT INTO ${SCHEMA}.${id(treasure)} VALUES (${literal(victim)}, 'a treasure')`,
      `GRANT SELECT, UPDATE ON ${SCHEMA}.${id(treasure)} TO ${user(victim)}`,
      `CREATE SQL SECURITY DEFINER VIEW ${SCHEMA}.${id(`${treasure}_own`)} AS ` +
        `SELECT * FROM ${SCHEMA}.${id(treasure)} WHERE owner = SUBSTRING_INDEX(USER(), '@', 1)`,
      ...[tenant, victim].map((one) => `GRANT SELECT ON ${SCHEMA}.${id(`${treasure}_own`)} TO ${user(one)}`),
    ]) {
      await server.administer(statement);
    }
  },
  reach: async (session, cast, usernames) => {
    const found = await reachAs(session, reachable(cast));
    for (const username of usernames) {
      for (const role of [user(username), literal(username)]) {
        if (await session.run(`SET ROLE ${role}`).catch(() => false)) {
          found.push(`acts as ${username}`, ...(await reachAs(session, reachable(cast), ` as ${username}`)));
          await session.run("SET ROLE NONE");
        }
      }
    }
    return found;
  },
  lock: ({ victim, victimClone, place }) => [
    // Any user may hold any lock of GET_LOCK, and the names of the locks that rotations take are public.
    ...[...[victim, victimClone].map(user), [victim, victimClone].sort().join("\n")].map(
      (subject) => `SELECT GET_LOCK(${literal(`rotation ${hash("sha256", subject).slice(0, 32)}`)}, 0)`,
    ),
    `CREATE TABLE ${id(place)}.locked (a int)`,
    `LOCK TABLES ${id(place)}.locked WRITE`,
  ],
};

function reachable({ treasure, place }: Cast): Reachable {
  return {
    table: `${SCHEMA}.${id(treasure)}`,
    ownRows: `${SCHEMA}.${id(`${treasure}_own`)}`,
    stolen: `${id(place)}.stolen`,
    steal: `SELECT 1 FROM DUAL WHERE ${id(place)}.steal() IS NOT NULL`,
  };
}
