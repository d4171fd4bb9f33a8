import type { EndlessAnswer, OtherRefusal } from "./contract-server.ts";

/** PostgreSQL manual, section 54.7: ParameterStatus, which a server may send at any time. */
const PARAMETER_STATUS = Buffer.from("S\0\0\0\x0ea\0wonder\0", "latin1");

const NOTHING = Buffer.alloc(1024 * 1024);
const STATUSES = Buffer.concat(new Array<Buffer>(65536).fill(PARAMETER_STATUS));

export const POSTGRES_ENDLESS: readonly EndlessAnswer[] = [
  {
    name: "one message without end",
    piece: (index) => (index === 0 ? Buffer.from([0x44, 0x7f, 0xff, 0xff, 0xff, 0, 1]) : NOTHING),
  },
  {
    name: "small messages without end",
    piece: () => STATUSES,
  },
];

/** BackendKeyData: K, its length, the process id. */
const KEY_DATA = Buffer.from([0x4b, 0, 0, 0, 12]);

/** As a pooler greets with a process id of its own. */
export function withOtherProcessId(answer: Buffer): Buffer {
  const at = answer.indexOf(KEY_DATA);
  if (at < 0) return answer;
  const changed = Buffer.from(answer);
  changed.writeInt32BE(changed.readInt32BE(at + KEY_DATA.length) + 1, at + KEY_DATA.length);
  return changed;
}

/** As in an ErrorResponse: the field C, SQLSTATE invalid_password. */
const INVALID_PASSWORD = "C28P01\0";

/** What a server refuses logins with, for reasons that have nothing to do with the password; and a code of the future. */
export const POSTGRES_REFUSALS: readonly OtherRefusal[] = [
  "28000",
  "28P02",
  "3D000",
  "42501",
  "53300",
  "57P03",
  "0A000",
  "XX000",
].map((code) => ({
  name: `SQLSTATE ${code}`,
  rewrite: (answer) =>
    Buffer.from(answer.toString("latin1").replace(INVALID_PASSWORD, `C${code}\0`), "latin1"),
}));
