import { RotationError } from "../../shared/report/errors.ts";

/** Bytes. The largest that a rotation reads is a row of a catalog. */
const LARGEST_MESSAGE = 4 * 1024 * 1024;

/** A letter for its kind, and a length that counts itself (PostgreSQL manual, section 54.7). */
const HEADER = 5;
const AUTHENTICATION = 0x52;
const ERROR = 0x45;
const NOTICE = 0x4e;

/** Authenticated, password, md5, SASL with its two answers: what the driver knows. 2, 7, 8 and 9 are Kerberos and SSPI. */
const KNOWN_AUTHENTICATIONS = [0, 3, 5, 10, 11, 12];

/**
 * Makes whole messages of what a server says, and throws at what will never be one. The driver's parser reads on behind
 * the end of a message: an error whose last field is not ended keeps it busy for ever.
 */
export function wholeMessages(): (chunk: Buffer) => Buffer {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let end = 0;
    while (rest.length - end >= HEADER) {
      const length = rest.readUInt32BE(end + 1);
      assert(length >= HEADER - 1 && length <= LARGEST_MESSAGE);
      if (end + 1 + length > rest.length) {
        break;
      }
      assertReadable(rest[end], rest.subarray(end + HEADER, end + 1 + length));
      end += 1 + length;
    }
    const whole = rest.subarray(0, end);
    rest = rest.subarray(end);
    return whole;
  };
}

function assertReadable(kind: number | undefined, body: Buffer): void {
  if (kind === AUTHENTICATION && !KNOWN_AUTHENTICATIONS.includes(body.readInt32BE())) {
    throw unknownAuthentication();
  }
  assert((kind !== ERROR && kind !== NOTICE) || hasFields(body));
}

/** Fields of a letter and a text that a zero ends; one more zero ends them all. */
function hasFields(body: Buffer): boolean {
  let at = 0;
  while (at < body.length && body[at] !== 0) {
    const end = body.indexOf(0, at + 1);
    if (end < 0) {
      return false;
    }
    at = end + 1;
  }
  return at === body.length - 1;
}

export function unknownAuthentication(): RotationError {
  return new RotationError(
    "unsupported",
    "The server wants an authentication that this function does not do, or does not do it by the rules.",
    "Roles with a password that the server itself keeps can be rotated: look for a line with scram-sha-256 for this " +
      "role and address in pg_hba.conf.",
  );
}

function assert(holds: boolean): void {
  if (!holds) {
    throw new Error("no message of the protocol");
  }
}
