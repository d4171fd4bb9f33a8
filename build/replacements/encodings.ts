/**
 * Replaces iconv-lite, whose tables are a third of mysql2. The connections use UTF-8. Another encoding occurs only in messages
 * of a server with skip-character-set-client-handshake, which ignores the client's choice; Node decodes those encodings.
 */
export function getDecoder(encoding: string): { write(bytes: Uint8Array): string; end(): undefined } {
  const decoder = new TextDecoder(label(encoding));
  return { write: (bytes) => decoder.decode(bytes), end: () => undefined };
}

export function getEncoder(encoding: string): never {
  throw new Error(`The function encodes no text in ${encoding}.`);
}

/** Labels of the Encoding Standard (https://encoding.spec.whatwg.org) for encodings that MySQL names differently. */
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

/** For all other encodings, which contain ASCII: numbers, names of privileges and nearly all messages are ASCII. */
const OTHERS = "latin1";

function label(encoding: string): string {
  const name = LABELS[encoding] ?? encoding;
  try {
    return new TextDecoder(name).encoding;
  } catch {
    return OTHERS;
  }
}
