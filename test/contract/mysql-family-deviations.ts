import type { ContractServer, Deviation, Intrusion } from "./contract-server.ts";
import { table, user } from "./mysql-family-names.ts";

/** A user of MySQL may be granted like a role, and be the proxy of another. */
export const MYSQL_INTRUSIONS: readonly Intrusion[] = [
  {
    name: "has the alternate user as a role",
    apply: (server, { alternate }, outsider) =>
      server.administer(`GRANT ${user(alternate)} TO ${user(outsider)}`),
  },
  {
    name: "may log in as a proxy of the alternate user",
    apply: (server, { alternate }, outsider) =>
      server.administer(`GRANT PROXY ON ${user(alternate)} TO ${user(outsider)}`),
  },
];

export const MARIADB_INTRUSIONS: readonly Intrusion[] = [
  {
    name: "may log in as a proxy of the alternate user",
    apply: (server, { alternate }, outsider) =>
      server.administer(`GRANT PROXY ON ${user(alternate)} TO ${user(outsider)}`),
  },
];

export const DEVIATIONS: Deviation[] = [
  {
    name: "the current user was granted something since",
    makes: "weaker",
    apply: (server, { current, alternate }) => grantOnNewTable(server, current, `lacking_${alternate}`),
  },
  {
    name: "the alternate user was granted something",
    makes: "stronger",
    apply: (server, { alternate }) => grantOnNewTable(server, alternate, `extra_${alternate}`),
  },
  {
    name: "the alternate user has another limit",
    makes: "otherwise different",
    apply: async (server, { alternate }) => {
      await server.administer(`ALTER USER ${user(alternate)} WITH MAX_QUERIES_PER_HOUR 7777`);
      return /MAX_QUERIES_PER_HOUR/i;
    },
  },
];

async function grantOnNewTable(server: ContractServer, username: string, name: string): Promise<RegExp> {
  await server.administer(`CREATE TABLE ${table(name)} (id INTEGER)`);
  await server.administer(`GRANT SELECT ON ${table(name)} TO ${user(username)}`);
  return new RegExp(name);
}
