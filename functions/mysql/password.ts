import type { Inspection, OwnRotation } from "../../shared/engine/engine.ts";
import { RotationError } from "../../shared/report/errors.ts";
import { lock } from "./lock.ts";
import type { MysqlSession } from "./session.ts";
import { accountText, literal } from "./sql.ts";

/** ER_SPECIFIC_ACCESS_DENIED_ERROR: RETAIN needs APPLICATION_PASSWORD_ADMIN, or CREATE USER. */
const MAY_NOT_RETAIN = 1227;
/** ER_INCORRECT_CURRENT_PASSWORD: REPLACE names another password than the account's primary one. */
const NOT_THE_PRIMARY = 3891;
/** ER_CREDENTIALS_CONTRADICT_TO_HISTORY: an earlier run may have set this password. */
const USED_BEFORE = 3638;

/** @see Dialect.assertTakesPasswords */
export function assertTakesPasswords({ answer, invocation }: MysqlSession): void {
  if (answer) {
    invocation.log.warn(
      "log_raw is ON: the server's general log shows passwords. Turn it off: SET GLOBAL log_raw = OFF",
    );
  }
}

/** Checks what can be checked before a user changes its own password, and takes the lock. */
export async function begin(
  session: MysqlSession,
  { confirm }: OwnRotation,
  onTimeout: "goOn" | "refuse",
): Promise<string> {
  const name = accountText(session.account);
  session.assertWritable();
  // Whether there are any, only an administrator can see.
  session.invocation.log.info(
    `Changes the password of ${name}; accounts of ${literal(session.account.user)} on other hosts keep theirs`,
  );
  await lock(session, name, onTimeout);
  await confirm();
  return name;
}

/**
 * Changes the password with a compare-and-swap (MySQL manual, "Dual Password Support"). REPLACE names the expected password.
 * Without it, a second run would retain the new password as the old one and turn the application's password off. IF EXISTS
 * keeps replication running on replicas that lack the account. The statement names the account, since clusters cannot
 * replicate USER().
 *
 * @see Session.changeOwnPassword
 */
export async function changeOwnPassword(
  session: MysqlSession,
  next: string,
  rotation: OwnRotation,
): Promise<"kept" | "ended" | "already"> {
  const { login, invocation } = session;
  assertTakesPasswords(session);
  const name = await begin(session, rotation, "goOn");
  // RETAIN with the same password would turn the retained password off.
  if (next === login.password && (await session.acceptsLogin(login.username, next))) {
    return "already";
  }
  const change = async (old: string, end = "") => {
    await session.renewTimeouts();
    return await session.attempt(
      `ALTER USER IF EXISTS ${name} IDENTIFIED BY ${literal(next)} REPLACE ${literal(old)}${end}`,
    );
  };
  let refusal = await change(login.password, " RETAIN CURRENT PASSWORD");
  if (refusal === undefined) {
    invocation.log.warn(
      "The old password goes on working beside the new one. If the user had a second password, of the rotation before, " +
        "of another secret or set by hand with RETAIN CURRENT PASSWORD, that one has stopped working",
    );
    return "kept";
  }
  if (refusal.number === MAY_NOT_RETAIN) {
    refusal = await change(login.password);
    if (refusal === undefined) {
      invocation.log.warn(
        "The old password has stopped working, before the new one is AWSCURRENT. A second password that was kept while " +
          `the user was allowed to goes on working until an administrator runs: ${discarding(name)} - For a rotation ` +
          `without an unavailability window, run as an administrator: ${retainGrant(name)}`,
      );
      return "ended";
    }
  }
  const mayHavePassword = [NOT_THE_PRIMARY, USED_BEFORE].includes(refusal.number);
  if (mayHavePassword && (await session.acceptsLogin(login.username, next))) {
    return "already";
  }
  // This session's password is the account's second one. If an abandoned rotation has set the first one, it is replaced, again
  // with a compare-and-swap. Otherwise the rotation is refused: a newer rotation may have set the first one, and a change
  // without REPLACE would lock its AWSCURRENT out.
  for (const old of refusal.number === NOT_THE_PRIMARY ? await rotation.abandoned() : []) {
    refusal = await change(old);
    if (refusal === undefined) {
      invocation.log.warn(
        "Turned off the password that an abandoned rotation had left in the database; the password under AWSCURRENT " +
          "goes on working beside the new one",
      );
      return "kept";
    }
  }
  throw refusal.number === NOT_THE_PRIMARY ? secondPassword(name) : refusal;
}

function secondPassword(name: string): RotationError {
  return new RotationError(
    "second-password",
    `The password that logs in is the second one of ${name}, and no version of the secret has the first one.`,
    "Find out who set the first one. If a rotation of another secret did, use one secret per user. This statement ends it. " +
      `Run as an administrator: ALTER USER ${name} IDENTIFIED BY '<the password under AWSCURRENT>' - then rotate again.`,
  );
}

/**
 * Turns off the password that RETAIN CURRENT PASSWORD has kept. Changes nothing if there is none.
 *
 * @see SecondPassword.discard
 */
export async function discardSecondPassword(
  session: MysqlSession,
  whyNot: () => Promise<string | undefined> = async () => undefined,
): Promise<string | undefined> {
  const name = accountText(session.account);
  await lock(session, name, "refuse");
  const why = await whyNot();
  const refusal = why === undefined ? await session.attempt(discarding(name)) : undefined;
  if (refusal && refusal.number !== MAY_NOT_RETAIN) {
    throw refusal;
  }
  // Whether there is one, users do not see: they may have kept it while they were allowed to.
  return refusal
    ? `The user may not turn off a password that was kept beside its own. Run as an administrator: ${discarding(name)}`
    : why;
}

/** A grant by which a user may keep its old password beside the new one. */
const RETAINS = /\b(ALL PRIVILEGES|CREATE USER|APPLICATION_PASSWORD_ADMIN)\b.* ON \*\.\* TO /;

/** @see Dialect.window */
export async function window(session: MysqlSession): Promise<Inspection["window"]> {
  const grants = await session.rows("SHOW GRANTS"); // Includes the grants of active roles.
  const name = accountText(session.account);
  return grants.some(([grant]) => RETAINS.test(grant ?? ""))
    ? "none"
    : {
        reason: "missing-privilege",
        cause:
          "The user may not keep its old password: from setSecret to finishSecret AWSCURRENT does not log in.",
        remedy: `For a rotation without an unavailability window, run as an administrator: ${retainGrant(name)}`,
      };
}

function retainGrant(name: string): string {
  return `GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO ${name}`;
}

function discarding(name: string): string {
  return `ALTER USER IF EXISTS ${name} DISCARD OLD PASSWORD`;
}
