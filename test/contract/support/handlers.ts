import { rotation } from "../../../shared/rotation.ts";
import { masterUser } from "../../../shared/strategies/master-user.ts";
import { singleUser } from "../../../shared/strategies/single-user.ts";
import type { Context } from "./context.ts";
import type { Handler } from "./rotations.ts";
import { newPair, newUser, type PairOfUsers, type User } from "./users.ts";

/** The function of an engine and a strategy, which may be in the middle of anything. */
export interface Rotating {
  readonly arn: string;
  readonly handler: Handler;
}

export function singleUserSecret(context: Context, user: User, changes: object = {}): Rotating {
  const value = { ...context.server.database.address, ...user, ...changes };
  return { arn: context.rotations.createSecret(value), handler: rotation(context.bare, singleUser) };
}

export function masterUserSecret(
  context: Context,
  { base, admin }: Pick<PairOfUsers, "base" | "admin">,
  changes: object = {},
): Rotating {
  const address = { ...context.server.database.address, ...changes };
  const { host, port, engine } = address;
  const masterarn = context.rotations.createSecret({ engine, host, port, ...admin });
  const value = { ...address, ...base, masterarn, ...changes };
  return { arn: context.rotations.createSecret(value), handler: rotation(context.bare, masterUser) };
}

/** A user and its secret, for either strategy. */
export const STRATEGIES = {
  "single-user": async (context: Context, changes: object = {}) =>
    singleUserSecret(context, await newUser(context), changes),
  "master-user": async (context: Context, changes: object = {}) =>
    masterUserSecret(context, await newPair(context), changes),
};

/** What a version of the secret says of the user. */
export function userOf({ rotations }: Context, arn: string, label?: string): User {
  const { username = "", password = "" } = rotations.value(arn, label);
  return { username, password };
}
