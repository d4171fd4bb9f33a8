import { RotationError } from "../shared/report/errors.ts";
import { awsCommand, rescueCommand } from "./commands.ts";
import type { Context } from "./context.ts";
import { tryLogin } from "./database.ts";
import { underWay } from "./label-plans.ts";
import { hasExpired, tryLabeled, workingVersion } from "./logins.ts";
import { findMaster, setPasswordAsMaster } from "./master.ts";
import { nothingToDo, noWay, type Plan } from "./plan.ts";
import { assertUnchanged, readState } from "./secret-state.ts";
import { noUsableCurrent } from "./unusable.ts";

/** Makes the database accept the password under AWSCURRENT again. Applications have it: they work at once. */
export async function planReset(context: Context): Promise<Plan> {
  const { databases, secretsManager } = context;
  const state = await readState(secretsManager);
  const current = state.current?.usable;
  if (current === undefined) {
    return noUsableCurrent(state);
  }
  const { engine, secret } = current;
  const { username, host, port, password } = secret.login;
  const logins = await tryLabeled(databases, state);
  const outcome = logins.get(current.id);
  if (outcome === "logs in") {
    return nothingToDo(["AWSCURRENT logs in: there is nothing to reset."]);
  }
  const expired = hasExpired(outcome);
  if (outcome instanceof RotationError && !expired) {
    throw outcome; // Locked, unreachable, …: another password would not help, and the error says what does.
  }
  const working = workingVersion(state, logins);
  if (working !== undefined) {
    return noWay(
      [`The database refuses the password under AWSCURRENT, and accepts that of version ${working.id}.`],
      [`No password need be set. Make that version AWSCURRENT: ${rescueCommand("unstick", state.arn)}`],
    );
  }
  const refusal = engine.refusal(username, password);
  if (refusal !== undefined) {
    throw new RotationError("unstorable", "The password under AWSCURRENT could not be used.", refusal);
  }
  const master = { engine, login: await findMaster(context, current) };
  return {
    findings: [
      expired
        ? `The password under AWSCURRENT, version ${current.id}, has expired: it is set anew.`
        : `The database refuses the password under AWSCURRENT, version ${current.id}, or the user itself.`,
      `The master ${master.login.username} logs in. Whoever may write the secret chose its username: is ${username} the ` +
        "secret's user?",
      ...(state.pending ? [underWay(state)] : []),
    ],
    steps: [
      {
        words: `As ${master.login.username} on ${host}:${port}: give the user ${username} the password under AWSCURRENT`,
        run: async () => {
          await setPasswordAsMaster(context, master, username, password);
          return `${username} has the password of version ${current.id}.`;
        },
      },
      {
        words: "Log in with AWSCURRENT, to see that it works, and see that no label has moved meanwhile",
        run: async () => {
          const now = await tryLogin(databases, engine, secret.login);
          await assertUnchanged(secretsManager, state);
          if (now === "logs in") return "AWSCURRENT logs in.";
          if (now !== "refused") throw now;
          throw new RotationError(
            "login-rejected",
            "The password was set, and the database still refuses the login.",
            "Look at the account itself: is it expired, or may it not log in from here or without a certificate? " +
              `${engine.whyRefused?.(username) ?? ""}If a rotation was at work in the same moment: ` +
              rescueCommand("explain", state.arn),
          );
        },
      },
    ],
    stillHolds: () => assertUnchanged(secretsManager, state),
    next: [
      ...(state.pending
        ? [`A rotation is unfinished. If it fails again: ${rescueCommand("unstick", state.arn)}`]
        : []),
      `Rotate: ${awsCommand("rotate-secret", state.arn)}`,
    ],
    healthy: true,
  };
}
