import type { EndlessAnswer, OtherRefusal } from "./contract-server.ts";

/** Bytes of a packet's longest payload: one that is this long goes on in the next packet. */
const LONGEST_PAYLOAD = 0xff_ffff;

export const MYSQL_FAMILY_ENDLESS: readonly EndlessAnswer[] = [
  {
    name: "one message without end",
    piece: (index) => packet(LONGEST_PAYLOAD, index),
  },
  {
    name: "small messages without end",
    piece: (index) => Buffer.concat(Array.from({ length: 4096 }, (_, at) => packet(16, index * 4096 + at))),
  },
];

/** Three bytes of length, one number, the payload. */
function packet(length: number, number: number): Buffer {
  const bytes = Buffer.alloc(4 + length);
  bytes.writeUIntLE(length, 0, 3);
  bytes.writeUInt8(number % 256, 3);
  return bytes;
}

/** The first packet of protocol 10: the server's version, which a zero ends, then the thread id. */
export function withOtherThreadId(answer: Buffer): Buffer {
  const end = answer.indexOf(0, 5);
  if (answer[3] !== 0 || answer[4] !== 10 || end < 0 || !/^[\d.]+/.test(answer.toString("latin1", 5, end))) {
    return answer;
  }
  const changed = Buffer.from(answer);
  changed.writeUInt32LE(changed.readUInt32LE(end + 1) + 1, end + 1);
  return changed;
}

/** ERR packet: 0xff, then ER_ACCESS_DENIED_ERROR. */
const ACCESS_DENIED = Buffer.from([0xff, 0x15, 0x04]);

/** What servers refuse logins with, for reasons that have nothing to do with the password; and a number of the future. */
export const MYSQL_FAMILY_REFUSALS: readonly OtherRefusal[] = [
  1040, 1044, 1049, 1129, 1203, 1226, 1251, 1524, 1820, 1862, 3118, 4151, 59999,
].map((number) => ({
  name: `error ${number}`,
  rewrite: (answer) => {
    const at = answer.indexOf(ACCESS_DENIED);
    if (at < 0) return answer;
    const changed = Buffer.from(answer);
    changed.writeUInt16LE(number, at + 1);
    return changed;
  },
}));
