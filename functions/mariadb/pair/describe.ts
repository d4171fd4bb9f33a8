import { type Account, createUser } from "../../mysql/pair/account.ts";
import { resourceLimits } from "../../mysql/pair/describe.ts";
import { asGrants, readGrants } from "../../mysql/pair/grants.ts";
import type { MysqlSession } from "../../mysql/session.ts";
import { type AccountName, accountText, identifier } from "../../mysql/sql.ts";
import { markerOf } from "./marker.ts";

/** MariaDB 10.11 escapes quotes and backslashes in SUBJECT and the like, 11.8 does not. */
const CREATE_USER = new RegExp(
  "^CREATE USER `(?:[^`]|``)*`@`[^`]*`(?: IDENTIFIED BY PASSWORD '(?<stored>[^']*)')?" +
    "(?: REQUIRE(?<require> SSL| X509|(?: (?:ISSUER|SUBJECT|CIPHER) '[^'\\\\]*')+))?" +
    "(?: WITH(?<limits>(?: MAX_[A-Z_]+ -?[0-9.]+)+))?(?<lock> ACCOUNT LOCK)?" +
    "(?<expire> PASSWORD EXPIRE(?: NEVER| INTERVAL [0-9]+ DAY)?)?$",
  "s",
);
const OTHERWISE =
  "is identified via something other than one mysql_native_password, or has a quote or a backslash in its REQUIRE";

export const propertiesOf = (session: MysqlSession, name: AccountName) =>
  createUser(session, name, CREATE_USER, OTHERWISE);

/** @see PairDialect.describe */
export async function describe(
  session: MysqlSession,
  name: AccountName,
  partner: string,
  own = false,
): Promise<Account> {
  const found = await propertiesOf(session, name);
  const marker = identifier(markerOf(partner));
  // The marker is a role, and only a user that acts as it sees the role's grants. It must have none: they are added to the
  // user's grants here, so that a grant to the marker shows as a difference.
  const acts = own && (await session.attempt(`SET ROLE ${marker}`)) === undefined;
  const rows = await session.rows(acts ? "SHOW GRANTS" : `SHOW GRANTS FOR ${accountText(name)}`);
  const all = [...readGrants(rows).values()];
  const grants = all.filter(({ privilege, on }) => on !== "" || privilege !== marker);
  return {
    name,
    plugin: "mysql_native_password",
    hash: found.stored,
    clauses: {
      REQUIRE: `REQUIRE${found.require ?? " NONE"}`,
      "resource limits": resourceLimits(found.limits ?? "", ["STATEMENT_TIME"]),
      "PASSWORD EXPIRE": (found.expire ?? "PASSWORD EXPIRE DEFAULT").trim(),
    },
    attributes: {},
    cloneOf: grants.length < all.length ? partner : undefined,
    locked: found.lock !== undefined,
    defaultRoles: rows.flatMap(([row]) => /^SET DEFAULT ROLE (.+) FOR /s.exec(row ?? "")?.[1] ?? []),
    grants: asGrants(grants),
  };
}
