import type { RotationError } from "../shared/report/errors.ts";
import { rescueCommand } from "./commands.ts";
import type { Context } from "./context.ts";
import { lockedOut } from "./diagnosis.ts";
import { differentKeys, makeCurrent, planPendingRemoval } from "./label-plans.ts";
import {
  hasExpired,
  isSubstitute,
  isUnreached,
  searchUnlabeled,
  tryLabeled,
  whyUnknown,
  workingVersion,
} from "./logins.ts";
import { nothingToDo, notRepairable, type Plan } from "./plan.ts";
import { type ReadVersion, readState, type SecretState, type UsableVersion } from "./secret-state.ts";
import { noUsableCurrent } from "./unusable.ts";

const NOTHING_UNFINISHED =
  "No rotation is unfinished: AWSPENDING is on no version, or on AWSCURRENT, where it is harmless.";

/**
 * Ends a rotation that cannot go on. The password that the database accepts always keeps a label: AWSPENDING is taken
 * off only if AWSCURRENT logs in, or if its version has no value, which no database can have learned.
 */
export async function planUnstick(context: Context): Promise<Plan> {
  const state = await readState(context.secretsManager);
  const empty = state.pending?.hasValue === false ? state.pending : undefined;
  const current = state.current?.usable;
  if (current === undefined) {
    return empty ? endWithoutValue(context, state, empty) : noUsableCurrent(state);
  }
  if (context.options.withoutDatabase) {
    return withoutDatabase(context, state);
  }
  const logins = await tryLabeled(context.databases, state);
  const unknown = whyUnknown(state, logins);
  if (unknown) {
    return empty ? endWithoutValue(context, state, empty) : unknownPassword(state, unknown);
  }
  const pending = state.pending?.usable;
  // Where a user has two passwords the pending one is the newer: the rotation is finished, unless AWSCURRENT was edited.
  const finishes =
    pending &&
    logins.get(pending.id) === "logs in" &&
    isSubstitute(pending, current) &&
    differentKeys(current, pending).length === 0;
  const working = finishes
    ? pending
    : (workingVersion(state, logins) ?? (await search(context, state, current)));
  if (!working) {
    const { findings, recommended } = lockedOut(state, logins, working);
    return notRepairable(findings, recommended);
  }
  if (working.id !== current.id) {
    return makeCurrent(context, state, current, working);
  }
  if (state.pending === undefined) {
    return nothingToDo(["AWSCURRENT logs in.", NOTHING_UNFINISHED]);
  }
  const findings = [
    "AWSCURRENT logs in.",
    `AWSPENDING is on version ${state.pending.id}, which no user needs.`,
  ];
  return planPendingRemoval(context, state, state.pending, findings, current);
}

function endWithoutValue(context: Context, state: SecretState, pending: ReadVersion): Plan {
  const why = `AWSPENDING is on version ${pending.id}, which has no value: no database can have its password.`;
  return planPendingRemoval(context, state, pending, [why], undefined);
}

function withoutDatabase(context: Context, state: SecretState): Plan {
  const { pending } = state;
  if (pending === undefined) {
    return nothingToDo([NOTHING_UNFINISHED]);
  }
  const warning =
    `The database is not asked. If it has the password of version ${pending.id} already, no labeled version logs in ` +
    "afterward; that version stays readable by its id, and unstick --try-unlabeled finds it.";
  return planPendingRemoval(context, state, pending, [warning], undefined);
}

function unknownPassword({ arn, pending }: SecretState, why: RotationError): Plan {
  const findings = ["It is unknown which password the database has.", why.message];
  if (pending === undefined) {
    return notRepairable([...findings, "The labels alone show no unfinished rotation."], []);
  }
  return notRepairable(findings, [
    "If the database has the password under AWSPENDING already, taking the label off would hide the only password " +
      `that works. ${first(arn, why)}`,
    `If you know that AWSCURRENT logs in: ${rescueCommand("unstick", arn, "--without-database")}`,
  ]);
}

/** What to do before this can be run again. */
function first(arn: string, why: RotationError): string {
  if (isUnreached(why)) {
    return "Run this command on a machine that reaches the database, or add --through with the end of a tunnel.";
  }
  return hasExpired(why)
    ? `Set the password again first: ${rescueCommand("reset", arn)}`
    : "Remove that cause first, then run this command again.";
}

/** With the consent of the operator: refused logins may lock the account. @returns null if none was tried. */
async function search(
  { options, screen, databases, secretsManager }: Context,
  { unlabeled }: SecretState,
  current: UsableVersion,
): Promise<UsableVersion | undefined | null> {
  if (unlabeled.length === 0) {
    return null;
  }
  const { username } = current.secret.login;
  screen.line(`No labeled version of ${username} logs in. ${unlabeled.length} have no label.`);
  const question =
    "Try them? Each refused login counts toward a lock of the account, where the server locks accounts.";
  if (!options.tryUnlabeled && !(await screen.confirm(question))) {
    return null;
  }
  const { found, refused, skipped } = await searchUnlabeled(databases, secretsManager, unlabeled, current);
  const outcome = found ? "then one accepted" : "none accepted";
  screen.line(`${refused} refused, ${skipped} of another user, server or shape, ${outcome}.`);
  return found;
}
