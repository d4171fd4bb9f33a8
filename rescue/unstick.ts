import { isDeepStrictEqual } from "node:util";
import { RotationError } from "../shared/errors.ts";
import { AWSCURRENT, AWSPENDING } from "../shared/staging-labels.ts";
import { awsCommand, rescueCommand } from "./commands.ts";
import type { Context } from "./context.ts";
import { tryLogin } from "./database.ts";
import { isSubstitute, searchUnlabelled, tryLabelled, whyUnknown, workingVersion } from "./logins.ts";
import { nothingToDo, noWay, type Plan, type PlannedStep } from "./plan.ts";
import {
  assertUnchanged,
  type ReadVersion,
  readState,
  type SecretState,
  type UsableVersion,
} from "./secret-state.ts";
import { changedMeanwhile } from "./secrets-manager.ts";
import { noUsableCurrent } from "./unusable.ts";

/**
 * Ends a rotation that cannot go on. The password that the database accepts always keeps a label: AWSPENDING is taken
 * off only if AWSCURRENT logs in, or if its version has no value, which no database can have learned.
 */
export async function planUnstick(context: Context): Promise<Plan> {
  const state = await readState(context.secretsManager);
  const { pending } = state;
  const isEmpty = pending?.hasValue === false;
  const current = state.current?.usable;
  if (current === undefined) {
    return isEmpty ? await endEmpty(context, state, pending) : noUsableCurrent(state);
  }
  if (context.options.withoutDatabase) {
    return await withoutDatabase(context, state);
  }
  const logins = await tryLabelled(context.databases, state);
  const unknown = whyUnknown(state, logins);
  if (unknown) {
    return isEmpty ? await endEmpty(context, state, pending) : cannotTell(state, unknown);
  }
  const bothWork =
    pending?.usable && isSubstitute(pending.usable, current) && logins.get(pending.id) === "logs in";
  const working = bothWork
    ? pending.usable
    : (workingVersion(state, logins) ?? (await search(context, state, current)));
  if (working?.id === current.id) {
    return await currentWorks(context, state);
  }
  if (working === undefined) {
    const { username } = current.secret.login;
    const tried = "The database refuses the passwords of all versions that were tried, or the user itself.";
    const untried = state.unlabelled.length > 0 && !context.options.tryUnlabelled;
    return noWay(
      [tried],
      [
        ...(untried
          ? [`Try the versions without labels: ${rescueCommand("unstick", state.arn, "--try-unlabelled")}`]
          : []),
        `Give ${username} the password under AWSCURRENT: ${rescueCommand("reset", state.arn)}`,
      ],
    );
  }
  return await makeCurrent(context, state, current, working);
}

/** No database can have learned what is not there. */
function endEmpty(context: Context, state: SecretState, pending: ReadVersion): Promise<Plan> {
  const why = `AWSPENDING is on version ${pending.id}, which has no value: no database can have learned it.`;
  return planOf(context, state, [why], [takeOff(context, pending)], undefined);
}

async function currentWorks(context: Context, state: SecretState): Promise<Plan> {
  const works = "AWSCURRENT logs in.";
  if (state.pending) {
    const why = `AWSPENDING is on version ${state.pending.id}, and nothing needs it.`;
    return await planOf(
      context,
      state,
      [works, why],
      [takeOff(context, state.pending)],
      state.current?.usable,
    );
  }
  return nothingToDo([
    works,
    "No rotation is unfinished: AWSPENDING is on no version, or on AWSCURRENT, where it is harmless.",
  ]);
}

async function makeCurrent(
  context: Context,
  state: SecretState,
  current: UsableVersion,
  working: UsableVersion,
): Promise<Plan> {
  const { pending } = state;
  const name = working.labels.join(" and ") || "a version without labels";
  const findings = [`${working.secret.login.username} logs in with ${name}, version ${working.id}.`];
  const different = differentKeys(current, working);
  if (different.length > 0) {
    findings.push(
      `Other things than the password differ between it and AWSCURRENT: ${different.join(", ")}.`,
    );
  }
  const { arn } = state;
  const move: PlannedStep = {
    words:
      `UpdateSecretVersionStage: move AWSCURRENT from version ${current.id} to version ${working.id}; AWSPREVIOUS ` +
      "follows to the former",
    run: async () => {
      await context.secretsManager.move({ label: AWSCURRENT, from: current.id, to: working.id });
      return `AWSCURRENT is on version ${working.id} now.`;
    },
  };
  const rest = pending && pending.id !== working.id ? [takeOff(context, pending)] : [];
  return await planOf(context, { ...state, arn }, findings, [move, ...rest], working);
}

function takeOff({ secretsManager }: Context, { id }: ReadVersion): PlannedStep {
  return {
    words: `UpdateSecretVersionStage: take AWSPENDING off version ${id}`,
    run: async () => {
      await secretsManager.move({ label: AWSPENDING, from: id });
      return `AWSPENDING is on no version now; version ${id} stays readable by its id.`;
    },
  };
}

/** @param reliesOn the version whose password must log in before, and after. */
async function planOf(
  { secretsManager, databases }: Context,
  state: SecretState,
  findings: readonly string[],
  steps: readonly PlannedStep[],
  reliesOn: UsableVersion | undefined,
): Promise<Plan> {
  const logsIn = async () =>
    reliesOn === undefined ||
    (await tryLogin(databases, reliesOn.engine, reliesOn.secret.login)) === "logs in";
  const check: PlannedStep = {
    words: "Log in with AWSCURRENT, to see that it works",
    run: async () => {
      if (await logsIn()) return "AWSCURRENT logs in.";
      throw new RotationError(
        "login-rejected",
        "AWSCURRENT does not log in now: a rotation was at work in the same moment.",
        `Run this again, it finds the version that does: ${rescueCommand("unstick", state.arn, "--try-unlabelled")}`,
      );
    },
  };
  return {
    findings: [...findings, ...(state.pending ? [underWay(state)] : [])],
    steps: reliesOn ? [...steps, check] : steps,
    stillHolds: async () => {
      await assertUnchanged(secretsManager, state);
      if (!(await logsIn())) {
        throw changedMeanwhile(`the password of version ${reliesOn?.id} is not accepted any more`);
      }
    },
    next: [
      state.rotationEnabled
        ? `Rotate: ${awsCommand("rotate-secret", state.arn)}`
        : `Rotation is off. This turns it on again, as it was, and rotates: ${awsCommand("rotate-secret", state.arn)}`,
    ],
    healthy: true,
  };
}

function underWay({ rotationEnabled, pending }: SecretState): string {
  if (!rotationEnabled) {
    return "Rotation is off, so that no rotation of it is under way.";
  }
  const since = pending?.created ? `, stored ${pending.created.toISOString()}` : "";
  return (
    `Secrets Manager may be at work on it at this moment (version ${pending?.id}${since}): wait until the function's ` +
    "log is quiet, or turn rotation off first with CancelRotateSecret."
  );
}

async function search(
  context: Context,
  state: SecretState,
  current: UsableVersion,
): Promise<UsableVersion | undefined> {
  const { options, screen, databases, secretsManager } = context;
  const { unlabelled } = state;
  if (unlabelled.length === 0) {
    return undefined;
  }
  screen.line(
    `No labelled version of ${current.secret.login.username} logs in. ${unlabelled.length} have no label.`,
  );
  const question =
    "Try them? Each refused login counts towards a lock of the account, where the server locks accounts.";
  if (!options.tryUnlabelled && !(await screen.confirm(question))) {
    return undefined;
  }
  const { found, refused, leftAside } = await searchUnlabelled(
    databases,
    secretsManager,
    unlabelled,
    current,
  );
  screen.line(
    `${refused} refused, ${leftAside} of another user, server or shape, ${found ? "then one accepted" : "none accepted"}.`,
  );
  return found;
}

/** By name: values are nobody's business. */
function differentKeys(one: UsableVersion, other: UsableVersion): string[] {
  const [a, b] = [one, other].map(
    ({ secret }) => new Map<string, unknown>(Object.entries(JSON.parse(secret.text))),
  );
  const keys = new Set([...(a?.keys() ?? []), ...(b?.keys() ?? [])]);
  return [...keys].filter((key) => key !== "password" && !isDeepStrictEqual(a?.get(key), b?.get(key)));
}

function cannotTell({ arn, pending }: SecretState, why: RotationError): Plan {
  const findings = ["Which password the database has cannot be told from here.", why.message];
  if (pending === undefined) {
    return noWay([...findings, "The labels alone show no unfinished rotation."], []);
  }
  return noWay(findings, [
    "If the database has the password under AWSPENDING already, taking the label off would hide the only password " +
      "that works. Run this where the database can be reached.",
    `If you know that AWSCURRENT logs in: ${rescueCommand("unstick", arn, "--without-database")}`,
  ]);
}

async function withoutDatabase(context: Context, state: SecretState): Promise<Plan> {
  const { pending } = state;
  if (pending === undefined) {
    return nothingToDo([
      "No rotation is unfinished: AWSPENDING is on no version, or on AWSCURRENT, where it is harmless.",
    ]);
  }
  const warning =
    `The database is not asked. If it has the password of version ${pending.id} already, no labelled version logs in ` +
    "afterwards; that version stays readable by its id, and unstick --try-unlabelled finds it.";
  return await planOf(context, state, [warning], [takeOff(context, pending)], undefined);
}
