import { RotationError } from "../../shared/report/errors.ts";

/** Bytes. */
const LARGEST_MESSAGE = 4 * 1024 * 1024;

/** Bytes of a header: one letter for the kind, four for a length that includes itself (PostgreSQL manual, section 54.7). */
const HEADER = 5;

/** Ok, plaintext, MD5, and the three of SASL: those that the driver supports. 2, 7, 8 and 9 are Kerberos and SSPI. */
const KNOWN_AUTHENTICATIONS = [0, 3, 5, 10, 11, 12];

/**
 * Returns a function that passes on whole messages only, and throws at bytes that can never become one. The driver's parser
 * reads past the end of a message: an error message whose last field has no end would keep it busy forever.
 */
export function wholeMessages(): (chunk: Buffer) => Buffer {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    let end = 0;
    while (rest.length - end >= HEADER) {
      const length = rest.readUInt32BE(end + 1);
      assert(length >= HEADER - 1 && length <= LARGEST_MESSAGE);
      if (end + 1 + length > rest.length) {
        break;
      }
      assertReadable(String.fromCharCode(rest[end] ?? 0), rest.subarray(end + HEADER, end + 1 + length));
      end += 1 + length;
    }
    const whole = rest.subarray(0, end);
    rest = rest.subarray(end);
    return whole;
  };
}

function assertReadable(kind: string, body: Buffer): void {
  if (kind === "R" && !KNOWN_AUTHENTICATIONS.includes(body.readInt32BE())) {
    throw unknownAuthentication();
  }
  // In an error and a notice, a zero byte ends each field, and one more ends the list of fields.
  assert(!["E", "N"].includes(kind) || (body.at(-1) === 0 && (body.at(-2) ?? 0) === 0));
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
