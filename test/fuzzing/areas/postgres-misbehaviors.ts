import {
  AUTHENTICATED,
  done,
  type FirstRow,
  introduction,
  message,
  notice,
  READY,
  refusal,
  rows,
  SESSION_KEY,
} from "../postgres-messages.ts";
import type { PostgresScript, Speech } from "../postgres-server.ts";

/** What a server may know: the password of whoever is to log in, and texts that must be in no log. */
interface Known {
  readonly password: string;
  readonly heard: string;
}

export interface PostgresMisbehavior {
  readonly title: string;
  /** What the step must end with, where that is plain. */
  readonly reason?: string;
  script(known: Known): PostgresScript;
}

const misbehavior = (
  title: string,
  script: PostgresMisbehavior["script"] | PostgresScript,
  reason?: string,
): PostgresMisbehavior => ({
  title,
  script: typeof script === "function" ? script : () => script,
  ...(reason && { reason }),
});

const atLogin = (sqlstate: string, reason: string) =>
  misbehavior(`${sqlstate} at login`, ({ heard }) => ({ authentication: refusal(sqlstate, heard) }), reason);

const inSession = (sqlstate: string, reason: string) =>
  misbehavior(
    `${sqlstate} to ALTER ROLE`,
    ({ heard }) => ({
      answer: (sql) =>
        sql.includes("ALTER ROLE") ? Buffer.concat([refusal(sqlstate, `${sql} ${heard}`), READY]) : undefined,
    }),
    reason,
  );

/** To the n-th statement, whatever it is. */
const toStatement = (nth: number, title: string, speech: (known: Known) => Speech, reason?: string) =>
  misbehavior(
    `${title} to statement ${nth}`,
    (known) => ({ answer: (_, asked) => (asked === nth ? speech(known) : undefined) }),
    reason,
  );

const introduced = (title: string, rows: readonly FirstRow[], reason?: string) =>
  toStatement(0, title, () => Buffer.concat([introduction(...rows), READY]), reason);

const settings = (encryption: string | null, iterations: string | null, reason?: string) =>
  introduced(
    `password_encryption ${encryption}, scram_iterations ${iterations}`,
    [{ encryption, iterations }],
    reason,
  );

const forged = 'FATAL\n    at connect (index.mjs:1:1)\n{"level":"INFO","outcome":"succeeded"}\u001b[2J\u202e';
const unended = Buffer.from("E\0\0\0\x0fSERROR\0Mnever ended".padEnd(16, "x"), "latin1");

export const POSTGRES_MISBEHAVIORS: readonly PostgresMisbehavior[] = [
  misbehavior("a good one", {}),
  misbehavior("a good one with SCRAM", ({ password }) => ({ authentication: { password } })),
  misbehavior("no TLS", { toTls: Buffer.from("N") }, "tls"),
  misbehavior("an error instead of TLS", { toTls: refusal("53300") }, "tls"),
  misbehavior(
    "words slipped in before TLS",
    { toTls: Buffer.concat([Buffer.from("S"), AUTHENTICATED, READY]) },
    "tls",
  ),
  misbehavior("noise instead of TLS", { toTls: Buffer.from("\0\x01\x02") }, "tls"),
  misbehavior("TLS promised and not begun", { toTls: Buffer.from("S"), authentication: "silence" }),
  misbehavior("clear text wanted", { authentication: "password" }),
  misbehavior("md5 wanted", { authentication: "md5" }),
  misbehavior("Kerberos wanted", { authentication: message("R", 7) }, "unsupported"),
  misbehavior("SSPI wanted", { authentication: message("R", 9) }, "unsupported"),
  misbehavior(
    "a wrong server's signature",
    ({ password }) => ({ authentication: { password, wrongSignature: true } }),
    "unsupported",
  ),
  misbehavior(
    "2^31 iterations",
    ({ password }) => ({ authentication: { password, iterations: "2147483648" } }),
    "unsupported",
  ),
  misbehavior(
    "a billion digits of iterations",
    ({ password }) => ({ authentication: { password, iterations: "9".repeat(1000) } }),
    "unsupported",
  ),
  misbehavior(
    "one iteration",
    ({ password }) => ({ authentication: { password, iterations: "1" } }),
    "unsupported",
  ),
  misbehavior(
    "no iterations",
    ({ password }) => ({ authentication: { password, iterations: "-1" } }),
    "unsupported",
  ),
  misbehavior(
    "a salt that is none",
    ({ password }) => ({ authentication: { password, salt: "!" } }),
    "unsupported",
  ),
  misbehavior(
    "a nonce of another's",
    ({ password }) => ({ authentication: { password, foreignNonce: true } }),
    "unsupported",
  ),
  misbehavior(
    "unknown mechanisms",
    ({ password }) => ({ authentication: { password, mechanisms: ["SCRAM-SHA-1", "PLAIN"] } }),
    "unsupported",
  ),
  atLogin("28P01", "login-rejected"),
  atLogin("28000", "login-not-allowed"),
  atLogin("3D000", "missing-database"),
  atLogin("53300", "connection-limit"),
  atLogin("57P03", "unavailable"),
  atLogin("42501", "missing-privilege"),
  atLogin("08P01", "unsupported"),
  atLogin("P0001", "login-not-allowed"),
  atLogin("XX000", "login-not-allowed"),
  atLogin("\u001b[2J", "login-not-allowed"),
  misbehavior("a forged error", { authentication: refusal("28000", forged) }, "login-not-allowed"),
  inSession("42501", "missing-privilege"),
  inSession("22023", "password-refused"),
  inSession("28000", "password-refused"),
  inSession("25006", "read-only"),
  inSession("55P03", "locked"),
  inSession("57014", "unavailable"),
  inSession("57P01", "unavailable"),
  inSession("XX000", "password-refused"),
  inSession("P0001", "password-refused"),
  inSession("42704", "database"),
  settings("md5", null),
  settings("scram-sha-256", null),
  settings("scram-sha-256", "1"),
  settings("scram-sha-256", "2147483647"),
  settings("scram-sha-256", "-1"),
  settings("scram-sha-256", "NaN"),
  settings("", "x".repeat(1_000_000)),
  introduced("another user", [{ username: "postgres" }], "wrong-user"),
  introduced("another session", [{ pid: "1" }], "unsupported"),
  introduced("no row", [], "unsupported"),
  introduced(
    "many rows",
    Array.from({ length: 20_000 }, () => ({})),
  ),
  introduced("NULLs", [{ username: null, pid: null, database: null, version: null, number: null }]),
  introduced("a version of lines", [{ version: forged, number: forged, database: forged }]),
  toStatement(0, "silence", () => "silence"),
  toStatement(1, "silence", () => "silence"),
  toStatement(2, "silence", () => "silence"),
  toStatement(1, "hanging up", () => "hang up"),
  toStatement(1, "a drip", () => ({ drip: rows(["encryption", "iterations"], ["md5", "1"]) })),
  toStatement(1, "endless rows", () => ({
    endless: Buffer.concat(Array.from({ length: 500 }, () => message("D", Buffer.from([0, 0])))),
  })),
  toStatement(1, "endless notices", () => ({
    endless: Buffer.concat(Array.from({ length: 500 }, () => notice(forged))),
  })),
  toStatement(1, "an error never ended", () => unended, "database"),
  toStatement(1, "a row of -1 columns", () => message("D", Buffer.from([255, 255])), "database"),
  toStatement(1, "a row before its columns", () =>
    Buffer.concat([message("D", Buffer.from([0, 1]), 1, "x"), READY]),
  ),
  toStatement(1, "a request to copy", () => message("G", Buffer.from([0, 0, 0]))),
  toStatement(1, "a message of 2 GiB", () => Buffer.from("D\x7f\xff\xff\xffx", "latin1"), "database"),
  toStatement(1, "a message of -1 bytes", () => Buffer.from("D\xff\xff\xff\xffx", "latin1"), "database"),
  toStatement(1, "another letter", () => message("~", "x")),
  toStatement(1, "a login once more", ({ password }) =>
    Buffer.concat([message("R", 3), message("R", 5, "salt"), done(password), READY]),
  ),
  misbehavior("silence", { authentication: "silence" }),
  misbehavior("hanging up", { authentication: "hang up" }),
  misbehavior("a drip", { authentication: { drip: Buffer.concat([AUTHENTICATED, SESSION_KEY, READY]) } }),
  misbehavior("endless notices at login", { authentication: { endless: notice(forged) } }),
  misbehavior("endless requests for the password", { authentication: { endless: message("R", 5, "salt") } }),
  misbehavior("parameters without end", {
    welcome: { endless: Buffer.concat([AUTHENTICATED, message("S", "x\0y\0")]) },
  }),
  misbehavior(
    "HTTP",
    { authentication: Buffer.from("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n") },
    "database",
  ),
];
