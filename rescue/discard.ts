import { awsCommand, rescueCommand } from "./commands.ts";
import type { Context } from "./context.ts";
import { tryLogin } from "./database.ts";
import { discardOfAlternate } from "./discard-alternate.ts";
import { discardOfSingleUser } from "./discard-own.ts";
import { isSubstitute } from "./logins.ts";
import { nothingToDo, notRepairable, type Plan } from "./plan.ts";
import { readState } from "./secret-state.ts";
import { noUsableCurrent } from "./unusable.ts";

/** Plans to turn off the password under AWSPREVIOUS, which is that of AWSCURRENT's user or of the alternate user. */
export async function planDiscard(context: Context): Promise<Plan> {
  const state = await readState(context.secretsManager);
  const { arn, pending, previous } = state;
  const current = state.current?.usable;
  if (current === undefined) {
    return noUsableCurrent(state);
  }
  const currentLeaked =
    `If AWSCURRENT has leaked: ${awsCommand("rotate-secret", arn)} - and when that is done: ` +
    rescueCommand("discard", arn);
  if (previous === undefined) {
    return nothingToDo(["No version has AWSPREVIOUS: there is no password to turn off."], [currentLeaked]);
  }
  if (previous.usable === undefined) {
    return notRepairable([previous.problem ?? "AWSPREVIOUS has no value."], [currentLeaked]);
  }
  if (pending) {
    return notRepairable(
      [`A rotation is unfinished: AWSPENDING is on version ${pending.id}.`],
      [`Let it finish, or end it: ${rescueCommand("unstick", arn)} - then discard.`],
    );
  }
  const outcome = await tryLogin(context.databases, current.engine, current.secret.login);
  if (outcome === "refused") {
    return notRepairable(
      ["AWSCURRENT does not log in: the password under AWSPREVIOUS may be the only one that works."],
      [`First: ${rescueCommand("unstick", arn)} or ${rescueCommand("reset", arn)}`],
    );
  }
  if (outcome !== "logs in") {
    throw outcome;
  }
  const job = { context, state, current, previous: previous.usable, next: [currentLeaked] };
  return isSubstitute(previous.usable, current)
    ? await discardOfSingleUser(job)
    : await discardOfAlternate(job);
}
