/**
 * Stands in for iconv-lite, whose tables are a third of mysql2. Its connections speak UTF-8; what is in another encoding
 * is a message of a server that ignores what its clients ask for (skip-character-set-client-handshake), and Node
 * itself knows the encodings that one may come in.
 */
export function getDecoder(encoding: string): { write(bytes: Uint8Array): string; end(): undefined } {
  const decoder = new TextDecoder(label(encoding));
  return { write: (bytes) => decoder.decode(bytes), end: () => undefined };
}

export function getEncoder(encoding: string): never {
  throw new Error(`Nothing is sent in ${encoding}.`);
}

/** What MySQL calls encodings, where the Encoding Standard (https://encoding.spec.whatwg.org) has other names. */
const LABELS: Record<string, string> = {
  cesu8: "utf-8",
  cp932: "shift_jis",
  eucjp: "euc-jp",
  eucjpms: "euc-jp",
  euckr: "euc-kr",
  koi8r: "koi8-r",
  koi8u: "koi8-u",
  latin7: "iso-8859-13",
  macroman: "macintosh",
  tis620: "windows-874",
};

/** All others share ASCII, in which numbers, names of privileges and nearly all messages are. */
const OTHERS = "latin1";

function label(encoding: string): string {
  const name = LABELS[encoding] ?? encoding;
  try {
    return new TextDecoder(name).encoding;
  } catch {
    return OTHERS;
  }
}
