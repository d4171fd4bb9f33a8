import { RotationError } from "../shared/errors.ts";
import { awsCommand } from "./commands.ts";
import type { Context } from "./context.ts";
import { type Outcome, tryLogin } from "./database.ts";
import { searchUnlabelled } from "./logins.ts";
import { asMaster, findMaster } from "./master.ts";
import { nothingToDo, noWay, type Plan, type PlannedStep } from "./plan.ts";
import { assertUnchanged, type SecretState, type UsableVersion } from "./secret-state.ts";

export interface DiscardJob {
  readonly context: Context;
  readonly state: SecretState;
  /** Logs in. */
  readonly current: UsableVersion;
  readonly previous: UsableVersion;
  readonly next: readonly string[];
}

/** The same user has had both passwords. Where it can have one at a time only, the old one is dead: seen by trying it. */
export async function discardOfSingleUser(job: DiscardJob): Promise<Plan> {
  const { context, state, current, previous, next } = job;
  const { databases, secretsManager } = context;
  const old = await tryLogin(databases, previous.engine, previous.secret.login);
  if (typeof old === "object") {
    throw old;
  }
  const { username } = current.secret.login;
  const found = `${username} logs in with AWSCURRENT; the password under AWSPREVIOUS is ${old === "refused" ? "refused" : "accepted"}.`;
  if (!current.engine.keepsTwoPasswords) {
    const same = "The two versions have the same password: rotate, and it is dead.";
    return old === "refused" ? nothingToDo([found], next) : noWay([found, same], next);
  }
  const primary = await newerThatLogsIn(job);
  if (primary) {
    return noWay(
      [
        found,
        `${username} also logs in with version ${primary.id}, which a rotation left behind; AWSCURRENT is the password ` +
          "that would be turned off.",
      ],
      [
        `Rotate first: ${awsCommand("rotate-secret", state.arn)} - that turns off the one that was left behind.`,
      ],
    );
  }
  const steps: PlannedStep[] = [
    {
      words: `As ${username} itself, logged in with AWSCURRENT: ALTER USER USER() DISCARD OLD PASSWORD`,
      run: async () => {
        await databases.withSession(current.engine, current.secret.login, async (session) => {
          await session?.discardOldPassword?.();
          if ((await tryLogin(databases, current.engine, current.secret.login)) === "refused") {
            // Somebody had set another one by hand, and kept this one: it was the older of the two.
            await session?.changeOwnPassword(current.secret.login.password);
          }
        });
        return `${username} has discarded the old password, if it may.`;
      },
    },
    {
      words:
        "Log in with AWSPREVIOUS, which must be refused; if it is not, discard the old password through the master",
      run: () => assertDead(job),
    },
  ];
  return {
    findings: [found],
    steps,
    stillHolds: () => assertUnchanged(secretsManager, state),
    next,
    healthy: true,
  };
}

/**
 * Of two passwords DISCARD turns off the older one. That is AWSCURRENT's if a rotation was abandoned after its
 * setSecret: then the password of a version newer than AWSCURRENT logs in as well.
 */
async function newerThatLogsIn({ context, state, current }: DiscardJob): Promise<UsableVersion | undefined> {
  const newer = state.unlabelled.filter(
    ({ created }) => Number(created ?? 0) >= Number(current.created ?? 0),
  );
  return (await searchUnlabelled(context.databases, context.secretsManager, newer, current)).found;
}

async function assertDead(job: DiscardJob): Promise<string> {
  const { context, current, previous } = job;
  if ((await tryOld(job)) === "refused") {
    return "The password under AWSPREVIOUS is refused.";
  }
  // Who lacks APPLICATION_PASSWORD_ADMIN can't discard what an administrator has let it keep.
  const { username, password } = current.secret.login;
  const master = { engine: current.engine, login: await findMaster(context, current) };
  await asMaster(context, master, (session) => session.setPassword(username, password));
  if ((await tryLogin(context.databases, previous.engine, previous.secret.login)) === "refused") {
    return `${master.login.username} has turned it off: the password under AWSPREVIOUS is refused.`;
  }
  throw new RotationError(
    "database",
    "The password under AWSPREVIOUS still logs in.",
    `Run as an administrator: ALTER USER ${username} DISCARD OLD PASSWORD`,
  );
}

function tryOld({ context, previous }: DiscardJob): Promise<Outcome> {
  return tryLogin(context.databases, previous.engine, previous.secret.login);
}
