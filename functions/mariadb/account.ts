import { RotationError } from "../../shared/report/errors.ts";
import { inTurn } from "../../shared/report/one-line.ts";
import { type Account, createUser, readGrants } from "../mysql/account.ts";
import { asGrants, type Grant, grantText } from "../mysql/grants.ts";
import { resourceLimits } from "../mysql/mysql-account.ts";
import type { Server } from "../mysql/session.ts";
import { type AccountName, accountText, literal } from "../mysql/sql.ts";

/** A role of this name and the base user's marks a clone: accounts have no comment here that could. */
export const MARK = "rotation_clone_of_";

/** To grant a role takes ADMIN OPTION on it, which only who created it has: not even root, if it was somebody else. */
export function mark(clones: readonly string[], base: string): string[] {
  const role = literal(MARK + base);
  return [
    `CREATE ROLE IF NOT EXISTS ${role}`,
    ...(clones.length > 0 ? [`GRANT ${role} TO ${clones.join(", ")}`] : []),
  ];
}

/**
 * The role of a clone that was dropped is still there, and its maker's, who may be anybody. The new one is the
 * master's as well, for clones that it creates.
 */
export async function markByAnother(
  server: Server,
  clones: readonly string[],
  base: string,
): Promise<string[]> {
  const role = literal(MARK + base);
  return [
    ...((await hasRole(server, role)) ? [`DROP ROLE ${role}`] : []),
    ...mark(clones, base),
    `GRANT ${role} TO ${accountText(server.account)} WITH ADMIN OPTION`,
  ];
}

/** @see Dialect.assertMayMark */
export async function assertMayMark(server: Server, clones: readonly string[], base: string): Promise<void> {
  const role = MARK + base;
  if (!(await hasRole(server, literal(role)))) {
    return;
  }
  const own = readGrants(await server.rows("SHOW GRANTS"));
  const privilege = `\`${role.replaceAll("`", "``")}\``;
  if (!own.has(grantText({ privilege, on: "", option: true, restriction: false }))) {
    throw new RotationError(
      "missing-privilege",
      `Somebody else than the master user ${server.account.user} has made the role ${role}, and so may grant it.`,
      `Run as an administrator: ${inTurn(await markByAnother(server, clones, base))}`,
    );
  }
}

async function hasRole(server: Server, role: string): Promise<boolean> {
  const found = await server.rows(`SELECT 1 FROM mysql.user WHERE User = ${role} AND is_role = 'Y'`);
  return found.length > 0;
}

/** A quote or a backslash in SUBJECT and the like is escaped by 10.11 and not by 11.8. */
const CREATE_USER = new RegExp(
  "^CREATE USER `(?:[^`]|``)*`@`[^`]*`(?: IDENTIFIED BY PASSWORD '(?<stored>[^']*)')?" +
    "(?: REQUIRE(?<require> SSL| X509|(?: (?:ISSUER|SUBJECT|CIPHER) '[^'\\\\]*')+))?" +
    "(?: WITH(?<limits>(?: MAX_[A-Z_]+ -?[0-9.]+)+))?(?<lock> ACCOUNT LOCK)?" +
    "(?<expire> PASSWORD EXPIRE(?: NEVER| INTERVAL [0-9]+ DAY)?)?$",
  "s",
);
const OTHERWISE =
  "is identified via something other than one mysql_native_password, or has a quote or a backslash in its REQUIRE";

export const propertiesOf = (server: Server, name: AccountName) =>
  createUser(server, name, CREATE_USER, OTHERWISE);

export async function describe(server: Server, name: AccountName): Promise<Account> {
  const found = await propertiesOf(server, name);
  const rows = await server.rows(`SHOW GRANTS FOR ${accountText(name)}`);
  const grants = [...readGrants(rows).values()];
  const isMark = ({ privilege }: Grant) => privilege.startsWith(`\`${MARK}`);
  const marker = grants.find(isMark)?.privilege;
  return {
    name,
    plugin: "mysql_native_password",
    clauses: {
      REQUIRE: `REQUIRE${found.require ?? " NONE"}`,
      "resource limits": resourceLimits(found.limits ?? "", ["STATEMENT_TIME"]),
      "PASSWORD EXPIRE": (found.expire ?? "PASSWORD EXPIRE DEFAULT").trim(),
    },
    attributes: {},
    cloneOf: marker?.slice(1 + MARK.length, -1).replaceAll("``", "`"),
    locked: found.lock !== undefined,
    defaultRoles: rows.flatMap(([row]) => /^SET DEFAULT ROLE (.+) FOR /s.exec(row ?? "")?.[1] ?? []),
    grants: asGrants(grants.filter((grant) => !isMark(grant))),
  };
}
