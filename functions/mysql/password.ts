import type { OwnRotation } from "../../shared/engine/engine.ts";
import { RotationError } from "../../shared/report/errors.ts";
import type { ServerRefusal } from "./errors.ts";
import { lock } from "./lock.ts";
import type { MysqlSession } from "./session.ts";
import { type AccountName, accountText, literal } from "./sql.ts";

/** ER_SPECIFIC_ACCESS_DENIED_ERROR: RETAIN needs APPLICATION_PASSWORD_ADMIN, or CREATE USER. */
const MAY_NOT_RETAIN = 1227;
/** ER_INCORRECT_CURRENT_PASSWORD: REPLACE names another password than the account's primary one. */
const NOT_THE_PRIMARY = 3891;
/** ER_CREDENTIALS_CONTRADICT_TO_HISTORY: it may be the very password that an earlier run has set. */
const USED_BEFORE = 3638;
/** ER_USER_DOES_NOT_EXIST, which IF EXISTS makes a note. */
const IS_GONE = "3162";

/** Whether the user has accounts on other hosts, only an administrator can see. */
export function announce({ account, invocation }: MysqlSession): void {
  invocation.log.info(
    `Changes the password of ${accountText(account)}; accounts of ${literal(account.user)} on other hosts keep theirs`,
  );
}

/**
 * Changes the password as a compare-and-swap (MySQL manual, "Dual Password Support"): REPLACE names the password that
 * is expected, so that a second run changes nothing, where it would otherwise retain the new password as the old one
 * and turn the application's off. IF EXISTS keeps replicas going that lack the account.
 *
 * @see Session.changeOwnPassword
 */
export async function changeOwnPassword(
  session: MysqlSession,
  next: string,
  rotation: OwnRotation,
): Promise<"kept" | "ended" | "already"> {
  const { login, account, invocation } = session;
  session.assertWritable();
  announce(session);
  await lock(session, accountText(account), "goOn");
  await rotation.confirm();
  // With RETAIN a change to the same password would end the one that is kept beside it.
  if (next === login.password && (await session.letsIn(login.username, next))) {
    return "already";
  }
  const replacing = (old: string) =>
    `ALTER USER IF EXISTS USER() IDENTIFIED BY ${literal(next)} REPLACE ${literal(old)}`;
  let refusal = await change(session, `${replacing(login.password)} RETAIN CURRENT PASSWORD`);
  if (refusal === undefined) {
    invocation.log.info(
      "The old password goes on working beside the new one. If the user had a second password, of the rotation before " +
        "or set by hand with RETAIN CURRENT PASSWORD, that one has stopped working",
    );
    return "kept";
  }
  if (refusal.number === MAY_NOT_RETAIN) {
    refusal = await change(session, replacing(login.password));
    if (refusal === undefined) {
      invocation.log.warn(
        "The old password has stopped working, before the new one is AWSCURRENT. A second password that was kept while " +
          `the user was allowed to goes on working until an administrator runs: ${discarding(account)} - For a rotation ` +
          "without an unavailability window, run as an administrator: GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO " +
          accountText(account),
      );
      return "ended";
    }
  }
  const mayHaveIt = [NOT_THE_PRIMARY, USED_BEFORE].includes(refusal.number);
  if (mayHaveIt && (await session.letsIn(login.username, next))) {
    return "already";
  }
  // The password of this login is the account's second one. What an abandoned rotation has left as the first one is
  // replaced, again by a compare-and-swap. Any other one is not: a newer rotation may have set it, and without REPLACE
  // this change would lock its AWSCURRENT out.
  const abandoned = refusal.number === NOT_THE_PRIMARY ? await rotation.abandoned() : [];
  for (const old of abandoned) {
    refusal = await change(session, replacing(old));
    if (refusal === undefined) {
      invocation.log.warn(
        "Turned off the password that an abandoned rotation had left in the database; the password under AWSCURRENT " +
          "goes on working beside the new one",
      );
      return "kept";
    }
  }
  throw refusal.number === NOT_THE_PRIMARY ? secondPassword(account) : refusal;
}

function secondPassword(account: AccountName): RotationError {
  const name = accountText(account);
  return new RotationError(
    "second-password",
    `The password that logs in is the second one of ${name}, and no version of the secret has the first one.`,
    "Find out who set the first one: this statement ends it. Run as an administrator: ALTER USER " +
      `${name} IDENTIFIED BY '<the password under AWSCURRENT>' - then rotate again.`,
  );
}

/** @returns the refusal, if there is one. @throws RotationError if the account is gone. */
async function change(session: MysqlSession, statement: string): Promise<ServerRefusal | undefined> {
  await session.renewTimeouts();
  const refusal = await session.attempt(statement);
  const warnings = !refusal && session.hasWarnings() ? await session.rows("SHOW WARNINGS") : [];
  if (warnings.some(([, code]) => code === IS_GONE)) {
    throw new RotationError(
      "login-rejected",
      `The account ${accountText(session.account)} does not exist any more: it was dropped after this login.`,
      "Create it again with the password under AWSCURRENT, or delete the secret.",
    );
  }
  return refusal;
}

/**
 * Turns the password off that RETAIN CURRENT PASSWORD kept; without one, the statement changes nothing.
 *
 * @see SecondPassword.discard
 */
export async function discardSecondPassword(
  session: MysqlSession,
  whyNot: () => Promise<string | undefined> = async () => undefined,
): Promise<string | undefined> {
  const { account } = session;
  await lock(session, accountText(account), "refuse");
  const why = await whyNot();
  const refusal =
    why === undefined && (await session.attempt("ALTER USER IF EXISTS USER() DISCARD OLD PASSWORD"));
  if (refusal && refusal.number === MAY_NOT_RETAIN) {
    // Whether there is one, users do not see: they may have kept it while they were allowed to.
    return `The user may not turn off a password that was kept beside its own. Run as an administrator: ${discarding(account)}`;
  }
  if (refusal) {
    throw refusal;
  }
  return why;
}

function discarding(account: AccountName): string {
  return `ALTER USER ${accountText(account)} DISCARD OLD PASSWORD`;
}
