import { type AccountName, accountText, literal } from "../sql.ts";
import type { Attributes } from "./account.ts";
import { describe, MARKER } from "./describe.ts";
import { quoted } from "./facts.ts";
import type { Grant } from "./grants.ts";
import type { PairDialect, Step } from "./pair-dialect.ts";

const TABLE =
  "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE VIEW, SHOW VIEW, TRIGGER";
const SCHEMA = `${TABLE}, CREATE TEMPORARY TABLES, LOCK TABLES, CREATE ROUTINE, ALTER ROUTINE, EXECUTE, EVENT`;

/** The part of the pair that is MySQL's own: second passwords, and ATTRIBUTE as the ownership marker. */
export const mysqlPair: PairDialect = {
  everything: (on) => (on === "*.*" ? [] : (on.endsWith(".*") ? SCHEMA : TABLE).split(", ")),
  describe,
  facts: (users) => [
    `SELECT 'role', TO_USER, TO_HOST, FROM_USER, FROM_HOST, '' FROM mysql.role_edges WHERE FROM_USER IN ${users}`,
    `SELECT 'second', User, Host, '', '', '' FROM mysql.user WHERE User IN ${users} AND Host <> '' AND
      JSON_CONTAINS_PATH(User_attributes, 'one', '$.additional_password')`,
  ],
  roleGrantors: `SELECT TO_USER, TO_HOST, CONCAT(${quoted("FROM_USER")}, '@', ${quoted("FROM_HOST")}) FROM mysql.role_edges WHERE WITH_ADMIN_OPTION = 'Y'`,
  // RANDOM PASSWORD, which nothing reads: some password policies refuse an account without a password.
  create: (name, { plugin, clauses, attributes }, cloneOf) => ({
    statement:
      `CREATE USER ${accountText(name)} IDENTIFIED WITH ${literal(plugin)} BY RANDOM PASSWORD ` +
      `${Object.values(clauses).join(" ")} ATTRIBUTE ${json({ ...attributes, [MARKER]: cloneOf })}`,
    kind: "adds",
  }),
  password: (accounts, { plugin }, hasSecond) => {
    const alter = (clause: string) =>
      `ALTER USER IF EXISTS ${accounts.map((name) => `${accountText(name)} ${clause}`).join(", ")}`;
    const change = (password: string) =>
      `${alter(`IDENTIFIED WITH ${literal(plugin)} BY ${literal(password)}`)} ACCOUNT UNLOCK`;
    const steps: Step[] = [
      { statement: alter("DISCARD OLD PASSWORD"), kind: "password" },
      { statement: change("<password>"), kind: "password", run: change, username: accounts[0]?.user ?? "" },
    ];
    return hasSecond ? steps : steps.slice(1);
  },
  needed: (_model, account) => [
    simpleGrant("CREATE USER"),
    // Only system accounts may change system accounts (MySQL manual, "Account Categories").
    ...(/SYSTEM_USER ON/.test([...(account?.grants.keys() ?? [])].join())
      ? [simpleGrant("SYSTEM_USER")]
      : []),
  ],
  roleAdministrators: ["ROLE_ADMIN", "SUPER"],
  setDefaultRoles: (name, roles) =>
    `ALTER USER IF EXISTS ${accountText(name)} DEFAULT ROLE ${roles.join(", ") || "NONE"}`,
  mark: ({ clones, base }) => marking(clones, base),
  markByAdministrator: ({ clones, base }) => marking(clones, base),
  unmark: ({ clones }) => marking(clones, null),
};

export function simpleGrant(privilege: string, on = "*.*"): Grant {
  return { privilege, on, option: false, restriction: false };
}

function marking(clones: readonly AccountName[], base: string | null): string[] {
  return clones.map(
    (clone) => `ALTER USER IF EXISTS ${accountText(clone)} ATTRIBUTE ${json({ [MARKER]: base })}`,
  );
}

function json(attributes: Attributes): string {
  return literal(JSON.stringify(attributes));
}
