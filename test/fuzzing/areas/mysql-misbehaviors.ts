import { greeting, introduction, ok, packet, refusal, rows, switchTo, text } from "../mysql-packets.ts";
import type { MysqlSpeeches } from "../mysql-server.ts";
import type { Speech } from "../postgres-server.ts";

interface Known {
  /** Texts that must be in no log. */
  readonly heard: string;
  /** How many packets the client has sent when it is to be answered. */
  readonly packetsBefore: number;
}

export interface MysqlMisbehavior {
  readonly title: string;
  /** What the step must end with, where that is plain. */
  readonly reason?: string;
  script(known: Known): MysqlSpeeches;
}

const misbehavior = (
  title: string,
  script: MysqlMisbehavior["script"] | MysqlSpeeches,
  reason?: string,
): MysqlMisbehavior => ({
  title,
  script: typeof script === "function" ? script : () => script,
  ...(reason && { reason }),
});

const atLogin = (number: number, reason: string) =>
  misbehavior(
    `error ${number} at login`,
    ({ heard, packetsBefore }) => ({ authentication: refusal(packetsBefore + 1, number, heard) }),
    reason,
  );

/** To the first statement that changes something, or the n-th one. */
const toStatement = (
  which: number | RegExp,
  title: string,
  speech: (known: Known, sql: string) => Speech,
  reason?: string,
) =>
  misbehavior(
    `${title} to ${which}`,
    (known) => ({
      answer: (sql, nth) =>
        (typeof which === "number" ? nth === which : which.test(sql)) ? speech(known, sql) : undefined,
    }),
    reason,
  );
const CHANGE = /^(ALTER USER|SET PASSWORD)/;
const inSession = ([number, reason]: readonly [number, string?]) =>
  toStatement(CHANGE, `error ${number}`, ({ heard }, sql) => refusal(1, number, `${heard} ${sql}`), reason);

/** What MySQL's ALTER USER may be refused with; 3638 and 3891 may mean that the password is set already. */
const REFUSALS: readonly (readonly [number, string?])[] = [
  [1205, "locked"],
  [1213, "locked"],
  [1227, "missing-privilege"],
  [1290, "read-only"],
  [1396, "password-refused"],
  [1698, "missing-privilege"],
  [1792, "read-only"],
  [1819, "password-refused"],
  [1820, "password-expired"],
  [1927, "unavailable"],
  [3058, "locked"],
  [3638],
  [3891],
  [3892, "password-refused"],
  [65_535, "database"],
];

const introduced = (title: string, row: (string | null)[], reason?: string) =>
  toStatement(1, title, () => rows(row.length, row), reason);
const otherwise = (title: string, row: Partial<Parameters<typeof introduction>[0]>, reason?: string) =>
  toStatement(1, title, () => introduction({ user: "app@%", ...row }), reason);

/** The password that logs in is not the account's first one, and the pending password does not log in. */
const secondPassword = (title: string, refusalOf: (sql: string) => number, lock = "1") =>
  misbehavior(
    title,
    ({ heard, packetsBefore }) => ({
      authentication: (nth) => (nth === 0 ? undefined : refusal(packetsBefore + 1, 1045)),
      answer: (sql) => {
        if (sql.includes("GET_LOCK")) return rows(1, [lock]);
        return CHANGE.test(sql) ? refusal(1, refusalOf(sql), `${heard} ${sql}`) : undefined;
      },
    }),
    "second-password",
  );

const authentication = (plugin: string, reason?: string, insists?: Speech) =>
  misbehavior(
    `${plugin} wanted${insists ? ", and more" : ""}`,
    ({ packetsBefore }) => ({
      authentication: switchTo(packetsBefore + 1, plugin),
      ...(insists && { insists }),
    }),
    reason,
  );

const forged = 'no\n    at connect (index.mjs:1:1)\n{"level":"INFO"}\u001b[2J\u202e';
const moreData = (byte: number) => packet(4, Buffer.from([1, byte]));

export const MYSQL_MISBEHAVIORS: readonly MysqlMisbehavior[] = [
  misbehavior("a good one", {}),
  misbehavior("no TLS", { greeting: greeting({ tls: false }) }),
  misbehavior("a rejection slipped in before TLS", {
    greeting: Buffer.concat([greeting(), refusal(2, 1045)]),
  }),
  misbehavior("a way to authenticate slipped in before TLS", {
    greeting: Buffer.concat([greeting(), switchTo(2, "mysql_clear_password")]),
  }),
  misbehavior("a rejection instead of a greeting", { greeting: refusal(0, 1045) }),
  misbehavior("too many connections", { greeting: refusal(0, 1040) }, "connection-limit"),
  misbehavior("a version with lines", { greeting: greeting({ tls: false, version: forged }) }),
  misbehavior("another product", { greeting: greeting({ version: "10.11.6-MariaDB" }) }, "unsupported"),
  misbehavior("an old version", { greeting: greeting({ version: "8.0.20" }) }, "unsupported"),
  misbehavior("a long version", { greeting: greeting({ version: "8".repeat(1_000_000) }) }),
  misbehavior("HTTP", { greeting: Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n") }),
  misbehavior("silence", { greeting: "silence" }),
  misbehavior("hanging up", { greeting: "hang up" }),
  misbehavior("a drip", { greeting: { drip: greeting() } }),
  misbehavior("a greeting without end", { greeting: { endless: Buffer.alloc(60_000, 120) } }),
  authentication("mysql_clear_password", "unsupported"),
  authentication("mysql_old_password", "unsupported"),
  authentication("authentication_ldap_simple", "unsupported"),
  authentication("__proto__", "unsupported"),
  authentication("toString", "unsupported"),
  authentication(forged, "unsupported"),
  authentication("mysql_native_password", undefined, ok(4)),
  authentication("caching_sha2_password", undefined, moreData(4)),
  authentication("caching_sha2_password", undefined, moreData(9)),
  authentication("sha256_password", undefined, packet(4, "\x01-----BEGIN PUBLIC KEY-----\nnonsense")),
  authentication("sha256_password", undefined, switchTo(4, "sha256_password")),
  misbehavior("endless changes of mind", ({ packetsBefore }) => ({
    authentication: { endless: switchTo(packetsBefore + 1, "mysql_native_password") },
  })),
  atLogin(1045, "login-rejected"),
  atLogin(1040, "connection-limit"),
  atLogin(1049, "missing-database"),
  atLogin(1044, "missing-privilege"),
  atLogin(1129, "login-not-allowed"),
  atLogin(1130, "login-not-allowed"),
  atLogin(1226, "connection-limit"),
  atLogin(1862, "password-expired"),
  atLogin(3118, "account-locked"),
  atLogin(3159, "tls"),
  atLogin(3955, "account-locked"),
  atLogin(4151, "account-locked"),
  atLogin(1053, "unavailable"),
  atLogin(65_535, "database"),
  atLogin(0, ""),
  ...REFUSALS.map(inSession),
  secondPassword("a first password that no version has", () => 3891),
  secondPassword("a first password that no version has, and a lock that is held", () => 3891, "0"),
  secondPassword("the same, of a user that may not retain passwords", (sql) =>
    sql.includes("RETAIN") ? 1227 : 3891,
  ),
  introduced("no row", []),
  introduced("NULLs", [null, null, null, null, null]),
  introduced("too few columns", ["8.0.42"]),
  otherwise("another user", { user: "root@%" }, "wrong-user"),
  otherwise("another session", { id: "1" }, "unsupported"),
  otherwise("read_only", { readOnly: "1" }, "read-only"),
  otherwise("read_only with lines", { readOnly: forged }),
  toStatement(1, "its words repeated", ({ heard }) => introduction({ user: `${heard}@%` })),
  toStatement(/^SHOW CREATE/, "its words repeated", ({ heard }) =>
    rows(1, [`CREATE USER ${heard} IDENTIFIED ${heard}`]),
  ),
  toStatement(CHANGE, "a privilege that is a password", ({ heard }) =>
    refusal(1, 1227, `you need the ${heard.toUpperCase()} privilege`),
  ),
  toStatement(0, "a request for a file", () => packet(1, "\xfb/etc/passwd"), "database"),
  toStatement(CHANGE, "a request for a file", () => packet(1, "\xfb/proc/self/environ")),
  toStatement(/LOCK/, "no lock", () => rows(1, ["0"])),
  toStatement(/LOCK/, "a lock that is none", () => rows(1, [null])),
  toStatement(0, "silence", () => "silence"),
  toStatement(1, "silence", () => "silence"),
  toStatement(2, "silence", () => "silence"),
  toStatement(0, "a variable that it lacks", () => refusal(1, 1193), "unsupported"),
  toStatement(CHANGE, "silence", () => "silence"),
  toStatement(CHANGE, "hanging up", () => "hang up"),
  toStatement(2, "endless rows", () => ({
    endless: Buffer.concat(Array.from({ length: 500 }, () => packet(1, text("x".repeat(200))))),
  })),
  toStatement(2, "many results", () => Buffer.concat([packet(1, "\0\0\0\x0a\0\0\0"), ok(2)])),
  toStatement(2, "255 columns and none of them", () => packet(1, "\xfd\xff\xff\xff")),
  toStatement(2, "a packet of 16 MiB", () => ({ endless: Buffer.alloc(65_536, 255) })),
  toStatement(2, "a drip", () => ({ drip: rows(1, ["x"]) })),
];
