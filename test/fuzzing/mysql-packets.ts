/** Packets that a MySQL server sends: MySQL Source Code Documentation, "Client/Server Protocol". */

export function packet(sequence: number, payload: Buffer | string): Buffer {
  const body = Buffer.from(payload as string, "latin1");
  const head = Buffer.alloc(4, sequence);
  head.writeUIntLE(body.length, 0, 3);
  return Buffer.concat([head, body]);
}

/** Protocol 4.1 with plugins, a database at login, and 20 bytes to scramble with; TLS if offered. */
const CAPABILITIES = 0x0008_a20b;
const TLS = 0x0800;
const CONNECTION = 4711;

/** What clients scramble passwords with: the same at every login. */
export const SALT = Buffer.from("12345678123456789012");

export function greeting({ tls = true, version = "8.0.42", plugin = "caching_sha2_password" } = {}): Buffer {
  const capabilities = Buffer.alloc(4);
  capabilities.writeUInt32LE(tls ? CAPABILITIES | TLS : CAPABILITIES);
  const id = Buffer.alloc(4);
  id.writeUInt32LE(CONNECTION);
  const [salt, rest] = [SALT.subarray(0, 8), SALT.subarray(8)];
  const parts = [Buffer.from(`\x0a${version}\0`), id, salt, Buffer.of(0), capabilities.subarray(0, 2)];
  parts.push(Buffer.from([255, 2, 0]), capabilities.subarray(2), Buffer.from([21]), Buffer.alloc(10));
  return packet(0, Buffer.concat([...parts, rest, Buffer.from(`\0${plugin}\0`)]));
}

export const ok = (sequence: number) => packet(sequence, "\0\0\0\x02\0\0\0");

export function refusal(sequence: number, number: number, text = "refused"): Buffer {
  const code = Buffer.alloc(2);
  code.writeUInt16LE(number);
  return packet(sequence, Buffer.concat([Buffer.from([0xff]), code, Buffer.from(`#HY000${text}`)]));
}

export const switchTo = (sequence: number, plugin: string) =>
  packet(sequence, `\xfe${plugin}\0${"x".repeat(20)}\0`);

export const VERSIONS = { mysql: "8.0.42", mariadb: "10.11.6-MariaDB" };

/** What a session asks of a server first, after SET. */
interface FirstRow {
  /** Of USER() and of CURRENT_USER(). */
  readonly user: string;
  readonly id?: string;
  /** Of the two variables by which a server is read-only. */
  readonly readOnly?: string;
}

/** The server takes hashes of passwords. */
const TAKES_HASHES = "0";

export function introduction({ user, id = `${CONNECTION}`, readOnly = "0" }: FirstRow): Buffer {
  return rows(6, [user, user, id, TAKES_HASHES, readOnly, readOnly]);
}

const END = "\xfe\0\0\x02\0";

/** A result of text columns. */
export function rows(columns: number, ...values: (readonly (string | null)[])[]): Buffer {
  let sequence = 1;
  const field = Buffer.concat([
    ...["def", "", "", "", "x", "x"].map(text),
    Buffer.from([12, 45, 0, 0, 1, 0, 0, 253, 0, 0, 0, 0, 0]),
  ]);
  const packets = [packet(sequence++, Buffer.from([columns]))];
  for (let column = 0; column < columns; column++) packets.push(packet(sequence++, field));
  packets.push(packet(sequence++, END));
  for (const row of values)
    packets.push(
      packet(sequence++, Buffer.concat(row.map((one) => (one === null ? Buffer.from([0xfb]) : text(one))))),
    );
  return Buffer.concat([...packets, packet(sequence, END)]);
}

/** With its length before it. */
export function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  if (bytes.length < 251) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const head = Buffer.from([0xfd, 0, 0, 0]);
  head.writeUIntLE(bytes.length, 1, 3);
  return Buffer.concat([head, bytes]);
}
