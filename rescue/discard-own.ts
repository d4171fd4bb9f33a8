import { RotationError } from "../shared/report/errors.ts";
import { awsCommand, rescueCommand } from "./commands.ts";
import type { Context } from "./context.ts";
import { type Outcome, tryLogin } from "./database.ts";
import { findMaster, setPasswordAsMaster } from "./master.ts";
import { nothingToDo, noWay, type Plan } from "./plan.ts";
import { assertUnchanged, type SecretState, type UsableVersion } from "./secret-state.ts";

export const REFUSED = "The password under AWSPREVIOUS is refused.";

export interface DiscardJob {
  readonly context: Context;
  readonly state: SecretState;
  /** Logs in. */
  readonly current: UsableVersion;
  readonly previous: UsableVersion;
  readonly next: readonly string[];
}

/**
 * The same user has had both passwords. If the old one is refused it is dead. If it is accepted the two are all that
 * the user has, where it can have two: no other version needs to be tried, which could lock the account.
 */
export async function discardOfSingleUser(job: DiscardJob): Promise<Plan> {
  const { context, state, current, previous, next } = job;
  const old = await tryOld(job);
  if (typeof old === "object") {
    throw old;
  }
  const { username, password } = current.secret.login;
  const found = `${username} logs in with AWSCURRENT; the password under AWSPREVIOUS is ${old === "refused" ? "refused" : "accepted"}.`;
  if (old === "refused") {
    return nothingToDo([found], next);
  }
  if (!current.engine.secondPassword || previous.secret.login.password === password) {
    return noWay([found, "The two versions have the same password: rotate, and it is dead."], next);
  }
  if (Number(previous.created ?? 0) > Number(current.created ?? 0)) {
    return noWay(
      [found, "AWSPREVIOUS is the newer of the two; AWSCURRENT is the password that would be turned off."],
      [`Rotate first: ${awsCommand("rotate-secret", state.arn)} - that takes the place of the newer one.`],
    );
  }
  return {
    findings: [found],
    steps: [
      {
        words: `As ${username} itself, logged in with AWSCURRENT: ALTER USER USER() DISCARD OLD PASSWORD`,
        run: () => discardAsUser(job),
      },
      {
        words:
          "Log in with AWSPREVIOUS, which must be refused; if it is not, discard the old password through the master",
        run: () => assertDead(job),
      },
    ],
    stillHolds: () => assertUnchanged(context.secretsManager, state),
    next,
    healthy: true,
  };
}

/** Of two passwords DISCARD turns off the older one: which one that is, the server does not say beforehand. */
async function discardAsUser({ context, state, current, previous }: DiscardJob): Promise<string> {
  const { databases } = context;
  const { login } = current.secret;
  await databases.withSession(current.engine, login, async (session) => {
    if (session) await current.engine.secondPassword?.discard(session);
    if ((await tryLogin(databases, current.engine, login)) === "refused") {
      // AWSPREVIOUS was set by hand after this one, and is the only one left: it is replaced by a compare-and-swap.
      const abandoned = async () => [previous.secret.login.password];
      const confirm = () => assertUnchanged(context.secretsManager, state);
      await session?.changeOwnPassword(login.password, { confirm, abandoned }).catch((error: unknown) => {
        throw notRestored(state, error);
      });
    }
  });
  return `${login.username} has discarded the old password, if it may.`;
}

/** PASSWORD HISTORY may refuse what the user had a moment ago. */
function notRestored({ arn }: SecretState, error: unknown): RotationError {
  const why = error instanceof RotationError ? ` (${error.reason})` : "";
  return new RotationError(
    "password-refused",
    `AWSCURRENT was the older of the two passwords, and is turned off; the server refuses to have it back${why}.`,
    `AWSPREVIOUS is what logs in. Make it AWSCURRENT: ${rescueCommand("unstick", arn)} - then rotate: ` +
      `${awsCommand("rotate-secret", arn)} - and discard again.`,
  );
}

async function assertDead(job: DiscardJob): Promise<string> {
  const { context, current } = job;
  const old = await tryOld(job);
  if (old !== "logs in") {
    assertRefused(old);
    return REFUSED;
  }
  // Who lacks APPLICATION_PASSWORD_ADMIN can't discard what an administrator has let it keep.
  const { username, password } = current.secret.login;
  const master = { engine: current.engine, login: await findMaster(context, current) };
  await setPasswordAsMaster(context, master, username, password);
  assertRefused(await tryOld(job));
  return `${master.login.username} has turned it off: the password under AWSPREVIOUS is refused.`;
}

/** Without a refusal nobody knows that a password is turned off. */
export function assertRefused(old: Outcome): void {
  if (old !== "refused") {
    throw new RotationError(
      "database",
      "The password under AWSPREVIOUS may still log in.",
      old === "logs in" ? "Run it again." : `Whether it does could not be seen: ${old.message}`,
    );
  }
}

function tryOld({ context, previous }: DiscardJob): Promise<Outcome> {
  return tryLogin(context.databases, previous.engine, previous.secret.login);
}
