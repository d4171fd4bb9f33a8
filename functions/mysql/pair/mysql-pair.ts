import { type AccountName, accountText, literal } from "../sql.ts";
import type { Account, Attributes } from "./account.ts";
import { describe, MARKER, UNFINISHED } from "./describe.ts";
import { quoted } from "./facts.ts";
import type { PairDialect } from "./pair-dialect.ts";

const SCHEMA =
  "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE TEMPORARY TABLES, LOCK TABLES, " +
  "CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, EXECUTE, EVENT, TRIGGER";
const TABLE =
  "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE VIEW, SHOW VIEW, TRIGGER";

/** What MySQL has of its own about two users: passwords kept beside one another, and ATTRIBUTE as the ownership marker. */
export const mysqlPair: PairDialect = {
  everything: { global: [], schema: SCHEMA.split(", "), table: TABLE.split(", ") },
  describe,
  facts: (users) => [
    `SELECT 'role', TO_USER, TO_HOST, FROM_USER, FROM_HOST, '' FROM mysql.role_edges WHERE FROM_USER IN ${users}`,
  ],
  roleGrantors: `SELECT TO_USER, TO_HOST, CONCAT(${quoted("FROM_USER")}, '@', ${quoted("FROM_HOST")}) FROM mysql.role_edges WHERE WITH_ADMIN_OPTION = 'Y'`,
  // The server makes up a password that nothing reads: some policies refuse an account without one.
  create: (name, { plugin, clauses, attributes }, cloneOf) => {
    const marked = { ...attributes, [MARKER]: cloneOf, [UNFINISHED]: true };
    const statement =
      `CREATE USER ${accountText(name)} IDENTIFIED WITH ${literal(plugin)} BY RANDOM PASSWORD ` +
      `${Object.values(clauses).join(" ")} ACCOUNT LOCK ATTRIBUTE ${json(marked)}`;
    return [{ statement, kind: "adds" }];
  },
  password: (accounts, model) => {
    const finished = accounts.every(({ isNew }) => isNew) ? ` ATTRIBUTE ${json({ [UNFINISHED]: null })}` : "";
    const names = accounts.map(({ name }) => accountText(name));
    const change = (password: string) =>
      `ALTER USER ${names.map((name) => `${name} ${identified(password, model)}`).join(", ")} ACCOUNT UNLOCK${finished}`;
    const old = accounts
      .filter(({ isNew }) => !isNew)
      .map(({ name }) => `${accountText(name)} DISCARD OLD PASSWORD`);
    return [
      ...(old.length > 0 ? [{ statement: `ALTER USER ${old.join(", ")}`, kind: "password" } as const] : []),
      {
        statement: change("<password>"),
        kind: "password",
        run: change,
        username: accounts[0]?.name.user ?? "",
      },
    ];
  },
  identified: (_session, password, model) => identified(password, model),
  needed: (_model, account) => [
    { privilege: "CREATE USER", on: "*.*" },
    // MySQL manual, "Account Categories": system accounts are changed by system accounts only.
    ...(account && isSystemAccount(account) ? [{ privilege: "SYSTEM_USER", on: "*.*" }] : []),
  ],
  roleAdministrators: ["ROLE_ADMIN", "SUPER"],
  setDefaultRoles: (name, roles) =>
    `ALTER USER ${accountText(name)} DEFAULT ROLE ${roles.join(", ") || "NONE"}`,
  mark: ({ clones, base }) => marking(clones, base),
  markByAdministrator: ({ clones, base }) => marking(clones, base),
  unmark: ({ clones }) => marking(clones, null),
};

function identified(password: string, { plugin }: Account): string {
  return `IDENTIFIED WITH ${literal(plugin)} BY ${literal(password)}`;
}

function marking(clones: readonly AccountName[], base: string | null): string[] {
  return clones.map((clone) => `ALTER USER ${accountText(clone)} ATTRIBUTE ${json({ [MARKER]: base })}`);
}

function json(attributes: Attributes): string {
  return literal(JSON.stringify(attributes));
}

function isSystemAccount({ grants }: Account): boolean {
  return grants.has("SYSTEM_USER ON *.*") || grants.has("SYSTEM_USER ON *.* WITH GRANT OPTION");
}
