import {
  connectionFailure,
  noTls,
  silentServer,
  strangeAnswer,
} from "../../shared/engine/connection-errors.ts";
import type { Login } from "../../shared/engine/engine.ts";
import { RotationError } from "../../shared/report/errors.ts";
import { ServerRefusal } from "./server-refusal.ts";

/** The driver's own codes: what it calls an authentication that would send the password for all to read. */
const CLEAR_TEXT = "MYSQL_CLEAR_PASSWORD_NOT_ENABLED";

/** LOAD DATA LOCAL, which no statement of ours is: the driver has sent nothing. */
const ASKS_FOR_FILE = /LOCAL INFILE/;

/**
 * What the driver threw, as an error of ours.
 *
 * @param tlsCode what was wrong with the server's certificate: the driver puts its own code over it.
 */
export function translated(
  error: unknown,
  login: Login,
  timeout: number,
  tlsCode: string | undefined,
): Error {
  const { code, number, message } = anatomy(error);
  if (number !== undefined) {
    return new ServerRefusal(number, message, login.username);
  }
  switch (code) {
    case "ETIMEDOUT":
    case "PROTOCOL_SEQUENCE_TIMEOUT":
      return silentServer(login, timeout);
    case "HANDSHAKE_NO_SSL_SUPPORT":
      return noTls(login);
    case "HANDSHAKE_SSL_ERROR":
      return connectionFailure(login, tlsCode ?? "ERR_TLS_HANDSHAKE");
    case CLEAR_TEXT:
    case "AUTH_SWITCH_PLUGIN_ERROR":
      return new RotationError(
        "unsupported",
        `The server wants an authentication for the user that this function does not do (${code}).`,
        "Accounts with a password that the server itself keeps can be rotated: caching_sha2_password, sha256_password, " +
          "mysql_native_password.",
      );
    default:
      return ASKS_FOR_FILE.test(message) ? strangeAnswer(login, error) : connectionFailure(login, code);
  }
}

function anatomy(error: unknown): { code?: string; number?: number; message: string } {
  if (!(error instanceof Error)) {
    return { message: "" };
  }
  const { message } = error;
  // The driver's errors from the server have the number and an SQLSTATE; those of a socket have a negative errno.
  if ("errno" in error && typeof error.errno === "number" && error.errno > 0) {
    return { number: error.errno, message };
  }
  return "code" in error && typeof error.code === "string" ? { code: error.code, message } : { message };
}
