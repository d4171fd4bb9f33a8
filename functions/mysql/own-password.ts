import { explained } from "./errors.ts";
import { alone, assertWritable, type Server } from "./session.ts";
import { type AccountName, accountText, literal } from "./sql.ts";

/** ER_SPECIFIC_ACCESS_DENIED_ERROR: RETAIN needs APPLICATION_PASSWORD_ADMIN, or CREATE USER. */
const MAY_NOT_RETAIN = 1227;
/** ER_INCORRECT_CURRENT_PASSWORD: REPLACE names another password than the account's primary one. */
const NOT_THE_PRIMARY = 3891;
/** ER_CREDENTIALS_CONTRADICT_TO_HISTORY: it may be the very password that an earlier run has set. */
const USED_BEFORE = 3638;

/**
 * Changes the password as a compare-and-swap (MySQL manual, "Dual Password Support"): REPLACE names the password
 * that is expected, so that a second run changes nothing, where it would otherwise retain the new password as the old
 * one and turn the application's off.
 */
export function changeOwnPassword(server: Server, password: string): Promise<void> {
  return byItself(server, () => swap(server, password));
}

/** Does what changes a user's own password, for which it needs nobody. */
export async function byItself(server: Server, change: () => Promise<void>): Promise<void> {
  const name = accountText(server.account);
  await assertWritable(server);
  server.invocation.log.info(
    `Changes the password of ${name}; whether ${literal(server.account.user)} has accounts on other hosts, which ` +
      "would keep theirs, only an administrator can see",
  );
  await alone(server, name, change);
}

async function swap(server: Server, password: string): Promise<void> {
  const { login, account, invocation } = server;
  const change = `ALTER USER USER() IDENTIFIED BY ${literal(password)}`;
  const checked = `${change} REPLACE ${literal(login.password)}`;
  let refusal = await server.attempt(`${checked} RETAIN CURRENT PASSWORD`);
  if (refusal === undefined) {
    invocation.log.info("The old password goes on working beside the new one");
    return;
  }
  if (refusal.number === MAY_NOT_RETAIN) {
    refusal = await server.attempt(checked);
    if (refusal === undefined) {
      invocation.log.warn(
        "The old password has stopped working, before the new one is AWSCURRENT. One that was kept beside it, while " +
          `the user was allowed to, goes on working until an administrator runs: ${discarding(account)} - For a rotation ` +
          `without that gap, run as an administrator: GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO ${accountText(account)}`,
      );
      return;
    }
  }
  if (refusal.number === NOT_THE_PRIMARY || refusal.number === USED_BEFORE) {
    if (await server.letsIn(login.username, password)) {
      invocation.log.info("The user has the new password already");
      return;
    }
  }
  if (refusal.number === NOT_THE_PRIMARY) {
    // An abandoned rotation left its password as the primary one, and the one that works as the secondary, which
    // a change without RETAIN does not touch.
    refusal = await server.attempt(change);
    if (refusal === undefined) {
      invocation.log.info("Replaced the password of an abandoned rotation; the old one goes on working");
      return;
    }
  }
  throw explained(refusal);
}

/**
 * Turns the password off that RETAIN CURRENT PASSWORD kept; without one, the statement changes nothing.
 *
 * @see Session.discardOldPassword
 */
export function discardRetainedPassword(
  server: Server,
  whyNot: () => Promise<string | undefined> = async () => undefined,
): Promise<string | undefined> {
  const { account } = server;
  return alone(server, accountText(account), async () => {
    const why = await whyNot();
    const refusal =
      why === undefined ? await server.attempt("ALTER USER USER() DISCARD OLD PASSWORD") : undefined;
    if (refusal?.number === MAY_NOT_RETAIN) {
      // Whether there is one, users do not see: they may have kept it while they were allowed to.
      return `The user may not turn off a password that was kept beside its own. Run as an administrator: ${discarding(account)}`;
    }
    if (refusal) {
      throw explained(refusal);
    }
    return why;
  });
}

function discarding(account: AccountName): string {
  return `ALTER USER ${accountText(account)} DISCARD OLD PASSWORD`;
}
