import { isFromReading, strangeAnswer } from "../../shared/engine/connection-errors.ts";
import type { Login } from "../../shared/engine/engine.ts";
import { RotationError } from "../../shared/report/errors.ts";
import { ACCOUNT, KNOWN, UNKNOWN } from "./error-numbers.ts";
import { ServerRefusal } from "./server-refusal.ts";
import { accountText } from "./sql.ts";

/**
 * What a verb ended with, as an error that may be shown.
 *
 * @param login of the session in which an answer was read, if it was.
 */
export function explained(error: unknown, login?: Login): unknown {
  if (!(error instanceof ServerRefusal)) {
    return login && isFromReading(error) ? strangeAnswer(login, error) : error;
  }
  const [reason, whatHappened, remedy] = KNOWN[error.number] ?? UNKNOWN;
  const privileges = error.privileges === undefined ? "" : ` It lacks one of: ${error.privileges}.`;
  return new RotationError(
    reason,
    `${whatHappened}${privileges} (error ${error.number})`,
    remedy.replace(ACCOUNT, () => accountText({ user: error.username, host: "%" })),
  );
}
