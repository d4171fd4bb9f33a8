import type { EndlessAnswer } from "./contract-server.ts";

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
