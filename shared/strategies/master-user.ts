import type { CarefulEngine } from "../engine/careful-engine.ts";
import type { Login, Session } from "../engine/engine.ts";
import type { Pair, PairCapability, PairView } from "../engine/pair.ts";
import { resetRemedy } from "../protocol/remedies.ts";
import { RotationError } from "../report/errors.ts";
import type { RunCheck } from "../report/examination.ts";
import { masterLogin } from "../secret/master-secret.ts";
import { isSameServer, loginOfVersion } from "../secret/same-server.ts";
import type { DatabaseSecret } from "../secret/secret.ts";
import { AWSCURRENT } from "../staging-labels.ts";
import { pendingRefused } from "./pending-refused.ts";
import { planned, preparePair } from "./prepare-pair.ts";
import type { Job, NextUser, Opened, Preview, SetRotation, Strategy, TestRotation } from "./strategy.ts";

/** The suffix that AWS's templates append to the user's name. */
const SUFFIX = "_clone";

/**
 * Two users take turns, so that the user of AWSCURRENT always logs in. The master user prepares the other one. AWS calls
 * this strategy "alternating users" and, in its templates, "multi-user".
 */
export const masterUser: Strategy = { nextUser, open, preview, setSecret, testSecret };

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

/** Returns the user of a secret and the user of its next version. */
export function pairOf(secret: DatabaseSecret): Pair {
  const current = secret.login.username;
  const alternate = nextUser(secret).username;
  if (secret.alternateUsername !== undefined) {
    return { current, alternate, clone: undefined };
  }
  return { current, alternate, clone: current.endsWith(SUFFIX) ? "current" : "alternate" };
}

/** Returns the pair of the current secret, from the pending one: the users alternate, so its next user is the current one. */
function pairBefore(pending: DatabaseSecret): Pair {
  const { current, alternate, clone } = pairOf(pending);
  const opposite = { current: "alternate", alternate: "current" } as const;
  return { current: alternate, alternate: current, clone: clone && opposite[clone] };
}

async function open(rotation: Preview): Promise<Opened> {
  return { session: await openCurrent(rotation, rotation.current), by: AWSCURRENT };
}

const TAKE_OVER_TEXTS = {
  created: "does not exist and is created",
  marked: "carries the ownership marker of this pair",
  possessed: "logs in with a password of this secret",
};

async function preview(rotation: Preview, user: Session | undefined, run: RunCheck): Promise<void> {
  const { current, engine } = rotation;
  const pair = pairOf(current);
  const login = await run("master-secret", async (notes) => {
    const found = await adminLogin(rotation, current, pair);
    notes.detail(`The master user is ${found.username}`);
    return found;
  });
  if (!login || !user) {
    return;
  }
  await using admin = await run("master-login", () => openAdmin(rotation, login));
  if (!admin) {
    return;
  }
  await run("plan", async (notes) => {
    await engine.inspect?.(admin, "admin");
    const by = { admin, current: user };
    const { taking, plan } = await planned(capabilityOf(engine), by, pair, {
      isPossessed: () => isPossessed(pair, rotation),
      isFirst: rotation.isFirst,
    });
    notes.detail(`The alternate user ${pair.alternate} ${TAKE_OVER_TEXTS[taking]}`);
    for (const { statement } of plan.changes) {
      notes.detail(statement);
    }
    if (plan.warnings.length > 0) {
      notes.warn(`${plan.warnings.join(". ")}.`, "Decide about it; a rotation only logs it.");
    }
  });
}

/**
 * The current user must log in before the master user is used: otherwise a secret writer could name a privileged user
 * and have the master user make a clone of it.
 */
async function setSecret(rotation: SetRotation): Promise<string> {
  const { invocation, current, pending, confirm, isFirst } = rotation;
  const capability = capabilityOf(rotation.engine);
  const pair = pairOf(current);
  await using byCurrent = await openCurrent(rotation, current);
  await using admin = await openAdmin(rotation, await adminLogin(rotation, current, pair));
  let possessed: Promise<boolean> | undefined;
  await preparePair(capability, { admin, current: byCurrent }, pair, pending.login.password, {
    confirm,
    log: invocation.log,
    isFirst,
    isPossessed: () => {
      possessed ??= isPossessed(pair, rotation);
      return possessed;
    },
  });
  return `Prepared the alternate user ${pair.alternate}`;
}

/** Whether the password under AWSPREVIOUS, or on a retry under AWSPENDING, logs in as the alternate user. */
async function isPossessed(pair: Pair, rotation: Preview): Promise<boolean> {
  return (
    (await logsIn(await rotation.readPrevious(), pair, rotation)) || logsIn(rotation.pending, pair, rotation)
  );
}

async function logsIn(
  secret: DatabaseSecret | undefined,
  { alternate }: Pair,
  { engine, invocation, current }: Preview,
): Promise<boolean> {
  if (secret?.login.username !== alternate || !isSameServer(secret.login, current.login)) {
    return false;
  }
  await using session = await engine.connect(loginOfVersion(secret.login, current.login), invocation);
  return session !== undefined;
}

/** Never promotes a user with fewer privileges, with more, or with privileges that cannot be read. */
async function testSecret(rotation: TestRotation): Promise<string> {
  const { engine, invocation, pending, isCopy } = rotation;
  await using session = await engine.connect(pending.login, invocation);
  if (!session) {
    throw pendingRefused(rotation);
  }
  if (isCopy) {
    return "The user of AWSCURRENT logs in";
  }
  const { differences, unseen } = await compare(rotation, session);
  if (unseen.length > 0) {
    throw new RotationError(
      "privilege-mismatch",
      `The privileges of the pending user cannot be compared: ${unseen.join("; ")} cannot be read.`,
      "Grant what it takes to read it; the page about the database's privileges says what that is.",
    );
  }
  if (differences.length > 0) {
    throw new RotationError(
      "privilege-mismatch",
      `The pending user ${differences.join("; it ")}.`,
      "Secrets Manager retries the rotation, and setSecret aligns the user as far as the master user may; the log of " +
        "setSecret says what the master user may not.",
    );
  }
  return "The pending user logs in, and may do what the current one may";
}

async function compare(
  rotation: TestRotation,
  pending: Session,
): Promise<Pick<PairView, "differences" | "unseen">> {
  const capability = capabilityOf(rotation.engine);
  const pair = pairBefore(rotation.pending);
  const open = async () => openCurrent(rotation, await rotation.readCurrent());
  if (capability.checkedBy === "users") {
    return await capability.read({ pending, openCurrent: open }, pair);
  }
  await using byCurrent = await open();
  const login = await adminLogin(rotation, await rotation.readCurrent(), pair);
  await using admin = await openAdmin(rotation, login);
  return await capability.read({ admin, current: byCurrent }, pair);
}

function capabilityOf(engine: CarefulEngine): PairCapability {
  if (engine.pair === undefined) {
    throw new RotationError(
      "unsupported",
      "This database engine has no master-user strategy.",
      "Rotate the secret with the engine's single-user function.",
    );
  }
  return engine.pair;
}

async function openCurrent({ engine, event, invocation }: Job, current: DatabaseSecret): Promise<Session> {
  const session = await engine.connect(current.login, invocation);
  if (!session) {
    throw new RotationError(
      "login-rejected",
      "The database rejects the password under AWSCURRENT, and only a user that logs in gets an alternate user.",
      `${engine.whyRefused?.(current.login.username) ?? ""}${resetRemedy(event)}`,
    );
  }
  return session;
}

async function adminLogin(job: Job, current: DatabaseSecret, pair: Pair): Promise<Login> {
  const login = await masterLogin(job, current);
  if (login.username === pair.alternate) {
    throw new RotationError(
      "malformed-secret",
      "The alternate user of the secret would be the master user itself.",
      "Rename the user, or name another alternate user in the secret.",
    );
  }
  return login;
}

async function openAdmin({ engine, invocation }: Job, login: Login): Promise<Session> {
  const admin = await engine.connect(login, invocation);
  if (!admin) {
    throw new RotationError(
      "login-rejected",
      "The database rejects the password of the master secret.",
      "Store the master user's present password in the master secret. This function does not change it.",
    );
  }
  return admin;
}
