/** Messages that a PostgreSQL server sends: manual, section 54.7. */

export function message(kind: string, ...parts: (Buffer | string | number)[]): Buffer {
  const body = Buffer.concat(
    parts.map((part) => (typeof part === "number" ? int32(part) : Buffer.from(part))),
  );
  return Buffer.concat([Buffer.from(kind), int32(body.length + 4), body]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

export const AUTHENTICATED = message("R", 0);
export const READY = message("Z", "I");
/** BackendKeyData: the number of the session, which pg_backend_pid() has to confirm. */
const SESSION = 4711;
export const SESSION_KEY = message("K", SESSION, 1);

export function refusal(sqlstate: string, text = "refused"): Buffer {
  return message("E", `SERROR\0VERROR\0C${sqlstate}\0M${text}\0\0`);
}

export function notice(text: string): Buffer {
  return message("N", `SNOTICE\0VNOTICE\0C00000\0M${text}\0\0`);
}

/** What a well-behaved server says to the first message of a session, by column. */
const FIRST_ROW = {
  username: "app",
  pid: `${SESSION}`,
  database: "postgres",
  version: "18.4",
  number: "180004",
  encryption: "scram-sha-256",
  iterations: "4096",
  acts: null,
  checked: "1000",
} as const satisfies Record<string, string | null>;

export type FirstRow = Partial<Record<keyof typeof FIRST_ROW, string | null>>;

/** The answer to the first message, SET and the question who was let in, with as many rows as there are changes. */
export function introduction(...changes: readonly FirstRow[]): Buffer {
  const columns = Object.keys(FIRST_ROW);
  const values = changes.map((change) => Object.values({ ...FIRST_ROW, ...change }));
  return Buffer.concat([done("SET"), rows(columns, ...values)]);
}

/** A result of text columns. */
export function rows(columns: readonly string[], ...values: (readonly (string | null)[])[]): Buffer {
  const fields = columns.map((name) =>
    Buffer.concat([Buffer.from(`${name}\0`), int32(0), int16(0), int32(25), int16(-1), int32(-1), int16(0)]),
  );
  return Buffer.concat([
    message("T", int16(columns.length), ...fields),
    ...values.map((row) => message("D", int16(row.length), ...row.map(value))),
    done(`SELECT ${values.length}`),
  ]);
}

export function done(tag: string): Buffer {
  return message("C", `${tag}\0`);
}

function value(text: string | null): Buffer {
  if (text === null) return int32(-1);
  const bytes = Buffer.from(text);
  return Buffer.concat([int32(bytes.length), bytes]);
}
