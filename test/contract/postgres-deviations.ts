import { escapeLiteral, escapeIdentifier as id } from "pg";
import type { Deviation, Intrusion } from "./contract-server.ts";

export const POSTGRES_DEVIATIONS: readonly Deviation[] = [
  {
    name: "the clone is not a member of the base user any more",
    makes: "weaker",
    apply: async (server, { current, alternate }) => {
      await server.administer(revokeMembership(current, alternate));
      return /member of|inherit|lacks/;
    },
  },
  {
    name: "the clone has a role that the base user does not have",
    makes: "stronger",
    apply: async (server, { alternate }) => {
      const role = `extra_of_${alternate}`;
      await server.administer(`CREATE ROLE ${id(role)}; GRANT ${id(role)} TO ${id(alternate)}`);
      return new RegExp(role);
    },
  },
  {
    name: "the clone was granted a privilege itself",
    makes: "stronger",
    apply: async (server, { alternate }) => {
      const table = `only_for_${alternate}`;
      await server.administer(
        `CREATE TABLE ${id(table)} (id integer); GRANT SELECT ON ${id(table)} TO ${id(alternate)}`,
      );
      return new RegExp(table);
    },
  },
  {
    name: "the clone owns a table",
    makes: "stronger",
    apply: async (server, { alternate }) => {
      const table = `owned_by_${alternate}`;
      await server.administer(
        `CREATE TABLE ${id(table)} (id integer); ALTER TABLE ${id(table)} OWNER TO ${id(alternate)}`,
      );
      return /own/;
    },
  },
  {
    name: "the clone has CREATEDB",
    makes: "stronger",
    apply: async (server, { alternate }) => {
      await server.administer(`ALTER ROLE ${id(alternate)} CREATEDB`);
      return /CREATEDB/;
    },
  },
  {
    name: "the clone does not act as the base user any more",
    makes: "otherwise different",
    apply: async (server, { alternate }) => {
      await server.administer(`ALTER ROLE ${id(alternate)} RESET role`);
      return /act|role/;
    },
  },
  {
    name: "the clone has another CONNECTION LIMIT",
    makes: "otherwise different",
    apply: async (server, { alternate }) => {
      await server.administer(`ALTER ROLE ${id(alternate)} CONNECTION LIMIT 7`);
      return /CONNECTION LIMIT/;
    },
  },
  {
    name: "the clone has a setting of its own",
    makes: "otherwise different",
    apply: async (server, { alternate }) => {
      await server.administer(`ALTER ROLE ${id(alternate)} SET statement_timeout TO '7s'`);
      return /statement_timeout/;
    },
  },
];

export const POSTGRES_INTRUSIONS: readonly Intrusion[] = [
  {
    name: "is a member of the alternate user",
    apply: (server, { alternate }, outsider) =>
      server.administer(`GRANT ${id(alternate)} TO ${id(outsider)}`),
  },
  {
    name: "has ADMIN OPTION on the alternate user",
    apply: (server, { alternate }, outsider) =>
      server.administer(`GRANT ${id(alternate)} TO ${id(outsider)} WITH ADMIN OPTION`),
  },
];

/** Since PostgreSQL 16 a membership is revoked as the role that granted it, and as no other. */
export function revokeMembership(granted: string, member: string): string {
  const [role, from] = [granted, member].map(id).map(escapeLiteral);
  return `
    DO $do$ DECLARE membership record; BEGIN
      FOR membership IN
        SELECT grantor::regrole AS giver FROM pg_auth_members
         WHERE roleid = ${role}::regrole AND member = ${from}::regrole
      LOOP EXECUTE format('REVOKE %s FROM %s GRANTED BY %s', ${role}, ${from}, membership.giver);
      END LOOP;
    END $do$`;
}
