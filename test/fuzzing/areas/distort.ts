import fc from "fast-check";

/** Distorts what a server says, from the n-th time that it speaks on. */
export interface Distortion {
  readonly title: string;
  distort(words: Buffer, nth: number): Buffer;
}

type Change = (words: Buffer, where: number, what: number) => Buffer;

const CHANGES: Readonly<Record<string, Change>> = {
  flipped: (words, where, what) => {
    words[where % words.length] = what;
    return words;
  },
  "cut off": (words, where) => words.subarray(0, where % words.length),
  "without its last byte": (words) => words.subarray(0, -1),
  twice: (words) => Buffer.concat([words, words]),
  "a thousand times": (words) => Buffer.concat(Array.from({ length: 1000 }, () => words)),
  "with zeros inside": (words, where) =>
    Buffer.concat([
      words.subarray(0, where % words.length),
      Buffer.alloc(9),
      words.subarray(where % words.length),
    ]),
  "all 255": (words) => Buffer.alloc(words.length, 255),
  "all zero": (words) => Buffer.alloc(words.length),
  noise: (words, where, what) =>
    Buffer.from(words.map((_, index) => (index * 31 + where * 7 + what * 131) % 256)),
  "of another length": (words, _where, what) => {
    words.writeUInt32BE(
      [0, 1, 3, 4, 5, 255, 0x7f_ff_ff_ff, 0x80_00_00_00, 0xff_ff_ff_ff][what % 9] ?? 0,
      Math.min(1, words.length - 4),
    );
    return words;
  },
  "of another length, the other way round": (words, _where, what) => {
    words.writeUIntLE([0, 1, 3, 0xff_ff_ff, 0xff_ff_fe][what % 5] ?? 0, 0, 3);
    return words;
  },
  "with a count of -1": (words, where) => {
    if (words.length > 8) words.writeInt16BE(-1, 5 + (where % (words.length - 7)));
    return words;
  },
};

export const distortions: fc.Arbitrary<Distortion> = fc
  .record({
    change: fc.constantFrom(...Object.keys(CHANGES)),
    from: fc.nat(5),
    where: fc.nat(200),
    what: fc.nat(255),
  })
  .map(({ change, from, where, what }) => ({
    title: `word ${from} ${change} (${where}, ${what})`,
    distort: (words, nth) => {
      const apply = CHANGES[change];
      return nth === from && apply && words.length > 4 ? apply(Buffer.from(words), where, what) : words;
    },
  }));
