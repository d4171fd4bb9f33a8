/**
 * The server refused a statement, as far as it may be repeated: the driver's error holds the whole statement, and
 * the server's message quotes parts of it.
 */
export class ServerRefusal extends Error {
  override readonly name = "ServerRefusal";
  /** The number in MySQL's Server Error Message Reference; MariaDB's are the same below 1900. */
  readonly number: number;
  /** The privileges that error 1227 says one of is needed. */
  readonly privileges: string | undefined;
  /** Whom the server refused it to. */
  readonly username: string;

  constructor(number: number, message: string, username: string) {
    super(`error ${number}`);
    this.number = number;
    this.username = username;
    this.privileges = number === 1227 ? /the ([A-Z_, ]+) privilege/.exec(message)?.[1] : undefined;
  }
}

/** ER_ACCESS_DENIED_ERROR: a wrong password, an unknown user and an unmet REQUIRE look the same. */
const REJECTED = 1045;

/** Only to be asked about the handshake: statements fail with the same number for lack of a privilege. */
export function isRejectedLogin(error: unknown): boolean {
  return error instanceof ServerRefusal && error.number === REJECTED;
}

/** What the server said no to, for statements that it may well refuse; undefined if it did not. */
export async function refusalOf(work: Promise<unknown>): Promise<ServerRefusal | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof ServerRefusal) {
      return error;
    }
    throw error;
  }
}
