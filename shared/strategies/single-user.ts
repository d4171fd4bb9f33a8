import type { Session } from "../engine/engine.ts";
import { resetRemedy } from "../protocol/remedies.ts";
import { RotationError, withoutSecrets } from "../report/errors.ts";
import { shellWord } from "../report/shell.ts";
import { loginOfVersion, sameAccount } from "../secret/same-server.ts";
import { AWSCURRENT, AWSPENDING, AWSPREVIOUS, holderOf } from "../staging-labels.ts";
import { pendingRefused } from "./pending-refused.ts";
import type { FinishRotation, Opened, Preview, SetRotation, Strategy, TestRotation } from "./strategy.ts";

/** The user changes its own password. Between setSecret and finishSecret only the pending password logs in. */
export const singleUser: Strategy = {
  nextUser: (current) => ({ username: current.login.username }),
  open,
  setSecret,
  testSecret,
  retirePrevious,
};

async function setSecret(rotation: SetRotation): Promise<string> {
  const opened = await open(rotation);
  await using session = opened.session;
  switch (opened.by) {
    case AWSCURRENT:
      return await changePassword(session, rotation);
    case AWSPENDING:
      return CHANGED.already;
    default:
      return `${await changePassword(session, rotation)}; the user still had the one of AWSPREVIOUS`;
  }
}

/**
 * Logs in with the current, then the pending, then the previous password. In this order a normal rotation has no rejected
 * login, which would count toward the account's lock. Of two concurrent runs, one at least finds a password that works: the
 * password changes from current to pending only.
 */
async function open(rotation: Preview): Promise<Opened> {
  const { event, engine, invocation, current, pending } = rotation;
  const byCurrent = await engine.connect(current.login, invocation);
  if (byCurrent) {
    return { session: byCurrent, by: AWSCURRENT };
  }
  const byPending = pending && (await engine.connect(pending.login, invocation));
  if (byPending) {
    return { session: byPending, by: AWSPENDING };
  }
  const previous = await rotation.readPrevious();
  if (previous && sameAccount(previous.login, current.login)) {
    const byPrevious = await engine.connect(loginOfVersion(previous.login, current.login), invocation);
    if (byPrevious) {
      return { session: byPrevious, by: AWSPREVIOUS };
    }
  }
  throw noPasswordWorks(event.SecretId, engine.whyRefused?.(current.login.username));
}

const CHANGED = {
  kept: "Changed the user's password; the old one works until the next rotation",
  ended: "Changed the user's password; until finishSecret has moved AWSCURRENT, AWSCURRENT does not log in",
  already: "The user has the pending password already",
};

async function changePassword(
  session: Session,
  { pending, confirm, abandoned }: SetRotation,
): Promise<string> {
  return CHANGED[await session.changeOwnPassword(pending.login.password, { confirm, abandoned })];
}

async function testSecret(rotation: TestRotation): Promise<string> {
  await using session = await rotation.engine.connect(rotation.pending.login, rotation.invocation);
  if (!session) {
    throw pendingRefused(rotation);
  }
  return "The pending password logs in";
}

async function retirePrevious(rotation: FinishRotation): Promise<string> {
  const { event, engine, invocation, pending } = rotation;
  try {
    await using session = await engine.connect(pending.login, invocation);
    const whyNot = () => whyNotRetire(rotation);
    const why = session ? await engine.secondPassword?.discard(session, whyNot) : await whyNot();
    if (!session && why === undefined) {
      const what = "The database refuses the password under AWSCURRENT.";
      throw new RotationError("login-rejected", what, resetRemedy(event));
    }
    if (why === undefined) {
      return "the old password is turned off";
    }
    invocation.log.warn(why);
    return "no old password was turned off";
  } catch (error) {
    const { reason, cause, remedy } = withoutSecrets(error).explanation;
    throw new RotationError(
      reason,
      `AWSCURRENT has moved, but the old password may still work. ${cause}`,
      `${remedy} Then rotate once more, or turn the old password off, as an administrator of the database or with: npm ` +
        `run rescue -- discard --secret-id ${shellWord(event.SecretId)}`,
    );
  }
}

/** If another rotation has begun, its setSecret may have made the password of AWSCURRENT the old one. */
async function whyNotRetire({ event, readLabels }: FinishRotation): Promise<string | undefined> {
  const labels = await readLabels();
  const holders = [AWSCURRENT, AWSPENDING].map(
    (label) => holderOf(labels, label) ?? event.ClientRequestToken,
  );
  return holders.every((version) => version === event.ClientRequestToken)
    ? undefined
    : "Another rotation has started, or another value was stored: the password to turn off may be the one under " +
        "AWSCURRENT. The next rotation ends the old one.";
}

function noPasswordWorks(secret: string, otherCause = ""): RotationError {
  const secretId = shellWord(secret);
  const aws = (operation: string) => `aws secretsmanager ${operation} --secret-id ${secretId}`;
  return new RotationError(
    "login-rejected",
    "The database refuses the passwords under AWSCURRENT, AWSPENDING and AWSPREVIOUS alike, or the user itself.",
    `${otherCause}Another secret for the same user ends its password with each rotation: use one secret per user. If a ` +
      "rotation was given up after its setSecret, the right one is in a version without labels. This tries them, and " +
      `makes the one that logs in current: npm run rescue -- unstick --try-unlabeled --secret-id ${secretId} - if none ` +
      "does, an administrator of the database has to set the user's password to the one under AWSCURRENT, or create the " +
      "user with it if it was dropped; where the user exists, through the master secret this does it: npm run rescue -- " +
      `reset --secret-id ${secretId} - By hand, list the versions: ${aws("list-secret-version-ids")} ` +
      "--include-deprecated - which of them is right only a login with its password tells, so read them in turn: " +
      `${aws("get-secret-value")} --version-id <that version> - and make the one that logs in current: ` +
      `${aws("update-secret-version-stage")} --version-stage AWSCURRENT --move-to-version-id <that version> ` +
      "--remove-from-version-id <the current version>",
  );
}
