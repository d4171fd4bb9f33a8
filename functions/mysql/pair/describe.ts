import type { MysqlSession } from "../session.ts";
import { type AccountName, accountText, literal } from "../sql.ts";
import { type Account, type Attributes, createUser } from "./account.ts";
import { readGrants } from "./grants.ts";

/** The attribute that marks a user as the clone or partner of another. Setting it needs CREATE USER. */
export const MARKER = "rotation_clone_of";

const NAME = "`(?:[^`]|``)*`";
const ACCOUNT = `${NAME}@${NAME}`;
/** MySQL prints this text without escaping. It ends where a clause that may follow begins. */
const UNESCAPED = "'((?:(?!' ? ?(?:ISSUER|CIPHER|WITH|PASSWORD)\\b).)*)' ?";
const requirement = (name: string) => `(?:${name} ${UNESCAPED.replace("(", `(?<${name.toLowerCase()}>`)})?`;

/**
 * The output of SHOW CREATE USER of MySQL 8.0.21 to 9.x. No part of the pattern can begin like the next one, so that a text
 * that does not match takes no longer than one that does.
 */
const CREATE_USER = new RegExp(
  `^CREATE USER ${ACCOUNT} IDENTIFIED WITH '(?<plugin>[^']*)'` +
    "(?: AS (?:<secret>|0x[0-9A-F]+|'(?:[^'\\\\]|\\\\.|'')*'))?" +
    `(?: DEFAULT ROLE (?<roles>${ACCOUNT}(?:,${ACCOUNT})*))?` +
    ` REQUIRE (?:(?<require>NONE|SSL|X509)|${["SUBJECT", "ISSUER", "CIPHER"].map(requirement).join("")})` +
    "(?: WITH(?<limits>(?: MAX_[A-Z_]+ [0-9]+)+))?" +
    " ?PASSWORD EXPIRE(?<expire> DEFAULT| NEVER| INTERVAL [0-9]+ DAY)?" +
    " ACCOUNT (?<lock>UNLOCK|LOCK)" +
    " PASSWORD HISTORY (?<history>[A-Z0-9]+)" +
    " PASSWORD REUSE INTERVAL (?<reuse>DEFAULT|[0-9]+ DAY)" +
    " PASSWORD REQUIRE CURRENT(?<current> DEFAULT| OPTIONAL)?" +
    "(?: FAILED_LOGIN_ATTEMPTS (?<attempts>[0-9]+))?" +
    "(?: PASSWORD_LOCK_TIME (?<lockTime>[A-Z0-9]+))?" +
    "(?: ATTRIBUTE '(?<attributes>.*)')?$",
  "s",
);

const LIMITS = ["QUERIES_PER_HOUR", "UPDATES_PER_HOUR", "CONNECTIONS_PER_HOUR", "USER_CONNECTIONS"];

/** @see PairDialect.describe */
export async function describe(session: MysqlSession, name: AccountName): Promise<Account> {
  const otherwise = "has properties that this function does not know, such as a second factor";
  const found = await createUser(session, name, CREATE_USER, otherwise);
  const { subject, issuer, cipher } = found;
  const parts = Object.entries({ SUBJECT: subject, ISSUER: issuer, CIPHER: cipher }).flatMap(
    ([key, value]) => (value === undefined ? [] : [`${key} ${literal(value)}`]),
  );
  const { [MARKER]: cloneOf, ...attributes } = attributesIn(found.attributes);
  return {
    name,
    plugin: found.plugin ?? "",
    clauses: {
      REQUIRE: `REQUIRE ${found.require ?? parts.join(" AND ")}`,
      "resource limits": resourceLimits(found.limits ?? ""),
      "PASSWORD EXPIRE": `PASSWORD EXPIRE${found.expire ?? ""}`,
      "PASSWORD HISTORY": `PASSWORD HISTORY ${found.history}`,
      "PASSWORD REUSE INTERVAL": `PASSWORD REUSE INTERVAL ${found.reuse}`,
      "PASSWORD REQUIRE CURRENT": `PASSWORD REQUIRE CURRENT${found.current ?? ""}`,
      FAILED_LOGIN_ATTEMPTS: `FAILED_LOGIN_ATTEMPTS ${found.attempts ?? 0} PASSWORD_LOCK_TIME ${found.lockTime ?? 0}`,
    },
    attributes,
    cloneOf: typeof cloneOf === "string" ? cloneOf : undefined,
    locked: found.lock === "LOCK",
    defaultRoles: found.roles?.match(new RegExp(ACCOUNT, "g")) ?? [],
    grants: readGrants(await session.rows(`SHOW GRANTS FOR ${accountText(name)}`)),
  };
}

/** Parses the JSON, which MySQL 9.7 prints as a literal, with backslashes before quotes and backslashes. */
function attributesIn(printed = "{}"): Attributes {
  return JSON.parse(printed.replace(/\\(.)/gs, "$1"));
}

/** Returns the resource limits. Limits that are not printed are 0, which means none. */
export function resourceLimits(printed: string, others: readonly string[] = []): string {
  const limit = (name: string) => new RegExp(` MAX_${name} (\\S+)`).exec(printed)?.[1] ?? "0";
  return `WITH ${[...LIMITS, ...others].map((name) => `MAX_${name} ${limit(name)}`).join(" ")}`;
}
