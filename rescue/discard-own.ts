import { RotationError } from "../shared/report/errors.ts";
import { mayCarryPassword } from "../shared/secret/same-server.ts";
import { awsCommand, rescueCommand } from "./commands.ts";
import type { Context } from "./context.ts";
import { type Outcome, tryLogin } from "./database.ts";
import { findMaster, setPasswordAsMaster } from "./master.ts";
import { nothingToDo, notRepairable, type Plan } from "./plan.ts";
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
 * Plans for a user that has had both passwords. If the server rejects the old password, there is nothing to do. If it accepts
 * the old one, the user has no third password, so no other version is tried: rejected logins could lock the account.
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
    return notRepairable(
      [found, "The two versions have the same password. Rotate the secret: that turns the password off."],
      next,
    );
  }
  if (Number(previous.created ?? 0) > Number(current.created ?? 0)) {
    return notRepairable(
      [found, "AWSPREVIOUS is newer than AWSCURRENT: DISCARD would turn off the password under AWSCURRENT."],
      [`Rotate first, which replaces the newer password: ${awsCommand("rotate-secret", state.arn)}`],
    );
  }
  return {
    findings: [found],
    steps: [
      {
        description: `As ${username} itself, logged in with AWSCURRENT: ALTER USER USER() DISCARD OLD PASSWORD`,
        run: () => discardAsUser(job),
      },
      {
        description:
          "Log in with AWSPREVIOUS, which the server must refuse; if it does not, discard the old password as the master user",
        run: () => assertDead(job),
      },
    ],
    assertStillValid: () => assertUnchanged(context.secretsManager, state),
    next,
    healthy: true,
  };
}

/** DISCARD OLD PASSWORD turns off the older of two passwords. The server does not tell beforehand which one is older. */
async function discardAsUser({ context, state, current, previous }: DiscardJob): Promise<string> {
  const { databases } = context;
  const { login } = current.secret;
  await databases.withSession(current.engine, login, async (session) => {
    if (session) await current.engine.secondPassword?.discard(session);
    if ((await tryLogin(databases, current.engine, login)) === "refused") {
      // DISCARD has turned off AWSCURRENT: AWSPREVIOUS was set later, by hand. A compare-and-swap replaces AWSPREVIOUS.
      const old = previous.secret.login;
      const abandoned = async () => (mayCarryPassword(login, old) ? [old.password] : []);
      const confirm = () => assertUnchanged(context.secretsManager, state);
      await session?.changeOwnPassword(login.password, { confirm, abandoned }).catch((error: unknown) => {
        throw notRestored(state, error);
      });
    }
  });
  return `${login.username} has discarded the old password, if it may.`;
}

/** The error if AWSCURRENT could not be set again, for example because of PASSWORD HISTORY. */
function notRestored({ arn }: SecretState, error: unknown): RotationError {
  const why = error instanceof RotationError ? ` (${error.reason})` : "";
  return new RotationError(
    "password-refused",
    `AWSCURRENT was the older password and is turned off. The server refuses to set it again${why}.`,
    `AWSPREVIOUS logs in. Make it AWSCURRENT: ${rescueCommand("unstick", arn)} - then rotate: ` +
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
  // Without APPLICATION_PASSWORD_ADMIN, the user cannot discard a password that an administrator has retained for it.
  const { username, password } = current.secret.login;
  const master = { engine: current.engine, login: await findMaster(context, current) };
  await setPasswordAsMaster(context, master, username, password);
  assertRefused(await tryOld(job));
  return `${master.login.username} has turned off the password under AWSPREVIOUS: the server refuses it.`;
}

/** Verifies that the password is turned off. @throws RotationError if the server did not reject the login */
export function assertRefused(old: Outcome): void {
  if (old !== "refused") {
    throw new RotationError(
      "database",
      "The password under AWSPREVIOUS may still log in.",
      old === "logs in" ? "Run the command again." : `The login that would tell failed: ${old.message}`,
    );
  }
}

function tryOld({ context, previous }: DiscardJob): Promise<Outcome> {
  return tryLogin(context.databases, previous.engine, previous.secret.login);
}
