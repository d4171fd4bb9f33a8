import { type Account, type Attributes, createUser, grantsOf } from "./account.ts";
import type { Server } from "./session.ts";
import { type AccountName, literal } from "./sql.ts";

/** The attribute that marks a clone. Users cannot set their own: that takes CREATE USER. */
export const MARK = "rotation_clone_of";

/** The attribute of a clone that is locked because it has no password yet. */
export const UNFINISHED = "rotation_unfinished";

/**
 * SHOW CREATE USER of MySQL 8.0.21 to 9.x, which everybody may ask about their own account. The text of SUBJECT and
 * the like is printed without any escaping, so that only what follows tells where it ends.
 */
const CREATE_USER = new RegExp(
  "^CREATE USER .+? IDENTIFIED WITH '(?<plugin>[^']*)'(?: AS (?:<secret>|0x[0-9A-F]+|'(?:[^'\\\\]|\\\\.|'')*'))?" +
    "(?: DEFAULT ROLE (?<roles>.+?))?" +
    " REQUIRE (?:(?<require>NONE|SSL|X509)|(?:SUBJECT '(?<subject>.*?)' ?)?(?:ISSUER '(?<issuer>.*?)' ?)?(?:CIPHER '(?<cipher>.*?)')?)" +
    "(?: WITH(?<limits>(?: MAX_[A-Z_]+ [0-9]+)+))?" +
    " PASSWORD EXPIRE(?<expire> DEFAULT| NEVER| INTERVAL [0-9]+ DAY)?" +
    " ACCOUNT (?<lock>UNLOCK|LOCK)" +
    " PASSWORD HISTORY (?<history>[A-Z0-9]+)" +
    " PASSWORD REUSE INTERVAL (?<reuse>DEFAULT|[0-9]+ DAY)" +
    " PASSWORD REQUIRE CURRENT(?<current> DEFAULT| OPTIONAL)?" +
    "(?: FAILED_LOGIN_ATTEMPTS (?<attempts>[0-9]+))?" +
    "(?: PASSWORD_LOCK_TIME (?<lockTime>[A-Z0-9]+))?" +
    "(?: ATTRIBUTE '.*')?$",
  "s",
);

const LIMITS = ["QUERIES_PER_HOUR", "UPDATES_PER_HOUR", "CONNECTIONS_PER_HOUR", "USER_CONNECTIONS"];

/** As an administrator any account, as anybody else one's own. */
export async function describe(server: Server, name: AccountName): Promise<Account> {
  // Hashes are of any bytes, which would get lost on the way as text; those that are printable stay text.
  await server.rows("SET SESSION print_identified_with_as_hex = ON");
  const otherwise = "has properties that this function does not know, such as a second factor";
  const found = await createUser(server, name, CREATE_USER, otherwise);
  const [attributes] = await server.rows(
    "SELECT ATTRIBUTE FROM information_schema.USER_ATTRIBUTES " +
      `WHERE USER = ${literal(name.user)} AND HOST = ${literal(name.host)}`,
  );
  const {
    [MARK]: mark,
    [UNFINISHED]: unfinished,
    ...others
  }: Attributes = JSON.parse(attributes?.[0] ?? "null") ?? {};
  return {
    name,
    plugin: found.plugin ?? "",
    clauses: {
      REQUIRE: requirement(found),
      "resource limits": resourceLimits(found.limits ?? ""),
      "PASSWORD EXPIRE": `PASSWORD EXPIRE${found.expire ?? ""}`,
      "PASSWORD HISTORY": `PASSWORD HISTORY ${found.history}`,
      "PASSWORD REUSE INTERVAL": `PASSWORD REUSE INTERVAL ${found.reuse}`,
      "PASSWORD REQUIRE CURRENT": `PASSWORD REQUIRE CURRENT${found.current ?? ""}`,
      FAILED_LOGIN_ATTEMPTS: `FAILED_LOGIN_ATTEMPTS ${found.attempts ?? 0} PASSWORD_LOCK_TIME ${found.lockTime ?? 0}`,
    },
    attributes: others,
    cloneOf: typeof mark === "string" ? mark : undefined,
    locked: found.lock === "LOCK" && unfinished !== true,
    unfinished: unfinished === true,
    defaultRoles: found.roles?.match(/`(?:[^`]|``)*`@`(?:[^`]|``)*`/g) ?? [],
    grants: await grantsOf(server, name),
  };
}

function requirement({ require, subject, issuer, cipher }: Record<string, string | undefined>): string {
  const parts = Object.entries({ SUBJECT: subject, ISSUER: issuer, CIPHER: cipher }).flatMap(
    ([key, value]) => (value === undefined ? [] : [`${key} ${literal(value)}`]),
  );
  return `REQUIRE ${require ?? parts.join(" AND ")}`;
}

/** Those that are not printed are 0: none. */
export function resourceLimits(printed: string, others: readonly string[] = []): string {
  const limit = (name: string) => new RegExp(` MAX_${name} (\\S+)`).exec(printed)?.[1] ?? "0";
  return `WITH ${[...LIMITS, ...others].map((name) => `MAX_${name} ${limit(name)}`).join(" ")}`;
}
