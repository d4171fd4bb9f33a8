import type { Pair, Session } from "../engine/engine.ts";
import { howToReset } from "../protocol/give-up.ts";
import { RotationError } from "../report/errors.ts";
import { masterLogin } from "../secret/master-secret.ts";
import { isSameServer } from "../secret/same-server.ts";
import type { DatabaseSecret } from "../secret/secret.ts";
import { pendingRefused } from "./pending-refused.ts";
import type { NextUser, SetRotation, Strategy, TestRotation } from "./strategy.ts";

/** What AWS's templates append to the user's name. */
const SUFFIX = "_clone";

/**
 * Two users take turns, so that the one of AWSCURRENT always logs in; a third, the master, prepares the other one.
 * AWS calls it "alternating users" and, in its templates, "multi-user".
 */
export const masterUser: Strategy = { nextUser, setSecret, testSecret };

function nextUser({ login, alternateUsername }: DatabaseSecret): NextUser {
  const { username } = login;
  if (alternateUsername === username) {
    throw new RotationError(
      "malformed-secret",
      "The alternateUsername of the secret is its username.",
      "Name another user, or none: the other one is then called like the first, with or without _clone.",
    );
  }
  if (alternateUsername !== undefined) {
    return { username: alternateUsername, alternateUsername: username };
  }
  return {
    username: username.endsWith(SUFFIX) ? username.slice(0, -SUFFIX.length) : username + SUFFIX,
  };
}

/** The user of a secret and the one that comes after it. */
export function pairOf(secret: DatabaseSecret): Pair {
  const current = secret.login.username;
  const alternate = nextUser(secret).username;
  if (secret.alternateUsername !== undefined) {
    return { current, alternate, clone: undefined };
  }
  return { current, alternate, clone: current.endsWith(SUFFIX) ? "current" : "alternate" };
}

/** The same two users seen from the pending secret: taking turns, who comes after it is who came before it. */
function pairBefore(pending: DatabaseSecret): Pair {
  const { current, alternate, clone } = pairOf(pending);
  const turned = { current: "alternate", alternate: "current" } as const;
  return { current: alternate, alternate: current, clone: clone && turned[clone] };
}

/**
 * The current user must log in before the master is used: otherwise whoever may write a secret for this function
 * could name a privileged user in it and have the master build him a twin.
 */
async function setSecret(rotation: SetRotation): Promise<string> {
  const { engine, invocation, current, pending } = rotation;
  const pair = pairOf(current);

  await using byCurrent = await engine.connect(current.login, invocation);
  if (!byCurrent) {
    throw new RotationError(
      "login-rejected",
      "The database refuses the password under AWSCURRENT, and only who can log in gets an alternate user.",
      howToReset(rotation.event),
    );
  }

  const login = await masterLogin(rotation, current);
  if (login.username === pair.alternate) {
    throw new RotationError(
      "malformed-secret",
      "The alternate user of the secret would be the master user itself.",
      "Rename the user, or name another alternate user in the secret.",
    );
  }
  await using master = await engine.connect(login, invocation);
  if (!master) {
    throw new RotationError(
      "login-rejected",
      "The database refuses the password of the master secret.",
      "Bring the master secret up to date; it is not this function that changes it.",
    );
  }

  await assertMayTake(master, pair, rotation);
  await master.prepareAlternate(pair, pending.login.password, () => isOurs(pair, rotation));
  return `Prepared the alternate user ${pair.alternate}`;
}

/**
 * A user who merely has the right name is not taken over: AWS's templates let a secret for `hr_clone` seize the
 * real user `hr`, and adopt an unrelated `app_clone` with all its rights. Who logs in with the password under
 * AWSPREVIOUS has been rotated by this secret before. Whom the secret names, the engine takes only if it may do just
 * what the current user may: there is nothing to gain then.
 */
async function assertMayTake(master: Session, pair: Pair, rotation: SetRotation): Promise<void> {
  const statement = await master.missingMark(pair);
  if (statement === undefined || rotation.current.alternateUsername !== undefined) {
    return;
  }
  if (await letsIn(await rotation.readPrevious(), pair, rotation)) {
    return;
  }
  throw new RotationError(
    "stranger",
    `The user ${pair.alternate} exists, and nothing shows that it belongs to this secret.`,
    `If it does, run as an administrator: ${statement} - if it does not, name another alternateUsername.`,
  );
}

/** Whether the alternate user has been rotated by this secret before, or by an earlier run of this step. */
async function isOurs(pair: Pair, rotation: SetRotation): Promise<boolean> {
  return (
    (await letsIn(await rotation.readPrevious(), pair, rotation)) || letsIn(rotation.pending, pair, rotation)
  );
}

async function letsIn(
  secret: DatabaseSecret | undefined,
  { alternate }: Pair,
  { engine, invocation, current }: SetRotation,
): Promise<boolean> {
  if (secret?.login.username !== alternate || !isSameServer(secret.login, current.login)) {
    return false;
  }
  const { username, password } = secret.login;
  await using session = await engine.connect({ ...current.login, username, password }, invocation);
  return session !== undefined;
}

/**
 * A weaker credential is never promoted, nor a stronger one. RotateImmediately=false tests a copy of the current
 * value: it has no twin yet that it could differ from.
 */
async function testSecret(rotation: TestRotation): Promise<string> {
  const { engine, invocation, pending } = rotation;
  const { username } = pending.login;
  await using session = await engine.connect(pending.login, invocation);
  if (!session) {
    throw await pendingRefused(rotation);
  }

  const pair = pairBefore(pending);
  const differences = await session.differences(pair, () => openCurrent(rotation, pair));
  if (differences.length > 0 && (await rotation.readCurrent()).login.username !== username) {
    throw new RotationError(
      "difference",
      `The pending user ${differences.join("; it ")}.`,
      "The rotation is tried again and brings it in line, as far as the master may; the log of setSecret says what " +
        "the master may not.",
    );
  }
  return "The pending user logs in, and may do what the current one may";
}

async function openCurrent(
  { engine, event, invocation, readCurrent }: TestRotation,
  pair: Pair,
): Promise<Session> {
  const { login } = await readCurrent();
  if (login.username !== pair.current && login.username !== pair.alternate) {
    throw new RotationError(
      "secret-changed",
      "AWSCURRENT names a third user now.",
      "The secret was edited during the rotation. Give this rotation up, or put the user back.",
    );
  }
  const session = await engine.connect(login, invocation);
  if (!session) {
    throw new RotationError(
      "login-rejected",
      "The database refuses the password under AWSCURRENT, so that the two users cannot be compared.",
      howToReset(event),
    );
  }
  return session;
}
