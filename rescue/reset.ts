import { RotationError } from "../shared/report/errors.ts";
import { awsCommand, rescueCommand } from "./commands.ts";
import type { Context } from "./context.ts";
import { tryLogin } from "./database.ts";
import { pendingFinding } from "./label-plans.ts";
import { hasExpired, tryLabeled, workingVersion } from "./logins.ts";
import { findMaster, setPasswordAsMaster } from "./master.ts";
import { nothingToDo, notRepairable, type Plan } from "./plan.ts";
import { assertUnchanged, readState } from "./secret-state.ts";
import { noUsableCurrent } from "./unusable.ts";

/** Plans to set the password under AWSCURRENT in the database again. Applications that have it work at once. */
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
    throw outcome; // Locked, unreachable, …: setting the password would not help. The error has the remedy.
  }
  const working = workingVersion(state, logins);
  if (working !== undefined) {
    return notRepairable(
      [`The database refuses the password under AWSCURRENT, and accepts that of version ${working.id}.`],
      [
        `The password does not have to be set. Make that version AWSCURRENT: ${rescueCommand("unstick", state.arn)}`,
      ],
    );
  }
  const refusal = engine.refusal(username, password);
  if (refusal !== undefined) {
    throw new RotationError(
      "unstorable",
      "The login under AWSCURRENT cannot be set in the database.",
      refusal,
    );
  }
  const master = { engine, login: await findMaster(context, current) };
  return {
    findings: [
      expired
        ? `The password under AWSCURRENT, version ${current.id}, has expired. The command sets it again.`
        : `The database refuses the password under AWSCURRENT, version ${current.id}, or the user itself.`,
      `The master ${master.login.username} logs in. Whoever may write the secret chose its username: is ${username} the ` +
        "secret's user?",
      ...(state.pending ? [pendingFinding(state)] : []),
    ],
    steps: [
      {
        description:
          `As ${master.login.username} on ${host}:${port}: give the user ${username} the password under ` +
          "AWSCURRENT",
        run: async () => {
          await setPasswordAsMaster(context, master, username, password);
          return `${username} has the password of version ${current.id}.`;
        },
      },
      {
        description: "Log in with AWSCURRENT, to verify it, and check that no label has moved",
        run: async () => {
          const now = await tryLogin(databases, engine, secret.login);
          await assertUnchanged(secretsManager, state);
          if (now === "logs in") return "AWSCURRENT logs in.";
          if (now !== "refused") throw now;
          throw new RotationError(
            "login-rejected",
            "The password was set, and the database still refuses the login.",
            "Check whether the account has expired, or may not log in from this host or without a certificate. " +
              `${engine.whyRefused?.(username) ?? ""}If a rotation was at work in the same moment: ` +
              rescueCommand("explain", state.arn),
          );
        },
      },
    ],
    assertStillValid: () => assertUnchanged(secretsManager, state),
    next: [
      ...(state.pending
        ? [`A rotation is unfinished. If it fails again: ${rescueCommand("unstick", state.arn)}`]
        : []),
      `Rotate: ${awsCommand("rotate-secret", state.arn)}`,
    ],
    healthy: true,
  };
}
