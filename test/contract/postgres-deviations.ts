import { escapeLiteral, escapeIdentifier as id } from "pg";
import type { Deviation } from "./contract-server.ts";

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

/** Since PostgreSQL 16 a membership is revoked from him who granted it, and from nobody else. */
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
