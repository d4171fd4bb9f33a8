import { awsCommand, rescueCommand } from "./commands.ts";
import type { Context } from "./context.ts";
import { tryLogin } from "./database.ts";
import { discardOfAlternate } from "./discard-alternate.ts";
import { discardOfSingleUser } from "./discard-own.ts";
import { isSubstitute } from "./logins.ts";
import { nothingToDo, noWay, type Plan } from "./plan.ts";
import { readState } from "./secret-state.ts";
import { noUsableCurrent } from "./unusable.ts";

/** Turns the password under AWSPREVIOUS off: of the same user, or of the one whose turn it was. */
export async function planDiscard(context: Context): Promise<Plan> {
  const state = await readState(context.secretsManager);
  const { arn, pending, previous } = state;
  const current = state.current?.usable;
  if (current === undefined) {
    return noUsableCurrent(state);
  }
  const leakOfCurrent =
    `If it is AWSCURRENT that has leaked: ${awsCommand("rotate-secret", arn)} - and when that is done: ` +
    rescueCommand("discard", arn);
  if (previous === undefined) {
    return nothingToDo(["There is no AWSPREVIOUS: only AWSCURRENT is known to anybody."], [leakOfCurrent]);
  }
  if (previous.usable === undefined) {
    return noWay([previous.problem ?? "AWSPREVIOUS has no value."], [leakOfCurrent]);
  }
  if (pending) {
    return noWay(
      [`A rotation is unfinished: AWSPENDING is on version ${pending.id}.`],
      [`Let it finish, or end it: ${rescueCommand("unstick", arn)} - then discard.`],
    );
  }
  const outcome = await tryLogin(context.databases, current.engine, current.secret.login);
  if (outcome === "refused") {
    return noWay(
      ["AWSCURRENT does not log in, so that what is turned off may be the only password that works."],
      [`First: ${rescueCommand("unstick", arn)} or ${rescueCommand("reset", arn)}`],
    );
  }
  if (outcome !== "logs in") {
    throw outcome;
  }
  const job = { context, state, current, previous: previous.usable, next: [leakOfCurrent] };
  return isSubstitute(previous.usable, current)
    ? await discardOfSingleUser(job)
    : await discardOfAlternate(job);
}
