import { expect } from "vitest";
import type { Pair } from "../../../shared/engine/pair.ts";
import { needing } from "../case.ts";
import type { Privilege } from "../contract-server.ts";
import { type Context, newPassword } from "../support/context.ts";
import { hasFailed } from "../support/failures.ts";
import { cutAfter, type Gate, openGate } from "../support/gate.ts";
import { prepare } from "../support/preparing.ts";
import { mayDo, newTable, privilegesOf } from "../support/privileges.ts";
import { logsIn, newPair, opened, type PairOfUsers, type User } from "../support/users.ts";

const GRANTED: Privilege[] = ["SELECT", "INSERT"];

export const orderCases = needing(["pair"], {
  "order: a new user may do everything before it can log in": async (context) => {
    const { users, table } = await newPairWithTable(context);
    const alternate = { username: users.clone, password: newPassword() };
    const { base, pair } = users;
    const looks = await lookingAtEveryStatement(context, users, base, pair, alternate.password, async () => {
      await using session = await opened(context, alternate);
      const message = "There is a moment at which the new password logs in and privileges are missing.";
      if (session) expect(await privilegesOf(context, session, table), message).toEqual(GRANTED);
    });
    expect(looks).toBeGreaterThan(0);
    expect(await mayDo(context, alternate, table)).toEqual(GRANTED);
  },

  "order: an existing alternate user logs in and loses nothing on the way": async (context) => {
    const { users, table } = await newPairWithTable(context);
    const { admin, base } = users;
    const clone = await prepare(context, { admin, current: base, pair: users.pair, password: newPassword() });
    const passwords = new Map<string, string>();
    for (const [pair, before] of [
      [users.pair, clone],
      [users.turned, base],
    ] as const) {
      const after = { ...before, password: newPassword() };
      const current =
        pair === users.pair ? base : { ...clone, password: passwords.get(clone.username) ?? "" };
      await lookingAtEveryStatement(context, users, current, pair, after.password, async () => {
        await using session = (await opened(context, before)) ?? (await opened(context, after));
        if (!session) return expect.fail(`There is a moment at which ${before.username} cannot log in.`);
        const message = `There is a moment at which ${before.username} lacks a privilege.`;
        expect(await privilegesOf(context, session, table), message).toEqual(GRANTED);
      });
      expect(await logsIn(context, after)).toBe(true);
      passwords.set(after.username, after.password);
    }
  },

  "order: a connection that is lost at any statement leaves no weak user, and trying again succeeds": async (
    context,
  ) => {
    await using gate = await openGate(context.server.database.address.port);
    for (let cut = { happened: true }, answers = 0; cut.happened; answers++) {
      const { users, table } = await newPairWithTable(context);
      cut = await preparationCutAfter(context, gate, answers, users, table);
    }
  },

  "order: a connection that is lost at any statement leaves an existing user as it was, or done": async (
    context,
  ) => {
    await using gate = await openGate(context.server.database.address.port);
    const { users, table } = await newPairWithTable(context);
    const { admin, base, pair } = users;
    let before = await prepare(context, { admin, current: base, pair, password: newPassword() });
    for (let cut = { happened: true }, answers = 0; cut.happened; answers++) {
      cut = await preparationCutAfter(context, gate, answers, users, table, before);
      before = await prepare(context, { admin, current: base, pair, password: newPassword() });
    }
  },
});

async function newPairWithTable(context: Context): Promise<{ users: PairOfUsers; table: string }> {
  const { server } = context;
  const users = await newPair(context);
  const table = await newTable(context);
  for (const privilege of GRANTED) await server.grant(privilege, table, users.base.username);
  return { users, table };
}

/**
 * Prepares the alternate user, and stops after each statement of the admin user to look at what other sessions see.
 *
 * @returns how often it looked.
 */
async function lookingAtEveryStatement(
  context: Context,
  { admin }: PairOfUsers,
  current: User,
  pair: Pair,
  password: string,
  look: () => Promise<void>,
): Promise<number> {
  await using gate = await openGate(context.server.database.address.port);
  const complaints: unknown[] = [];
  let looks = 0;
  gate.onAnswer = async () => {
    looks++;
    await look().catch((error: unknown) => complaints.push(error));
    return "pass" as const;
  };
  const work = prepare(context, { admin, current, pair, password, changes: { port: gate.port } });
  await Promise.allSettled([work]);
  if (complaints.length > 0) throw complaints[0];
  await work;
  return looks;
}

/** One preparation that loses the admin's connection, what it leaves behind, and another one that finishes it. */
async function preparationCutAfter(
  context: Context,
  gate: Gate,
  answers: number,
  { admin, base, clone, pair }: PairOfUsers,
  table: string,
  before?: User,
): Promise<{ happened: boolean }> {
  const after = { username: clone, password: newPassword() };
  const preparing = { admin, current: base, pair, password: after.password };
  const cut = cutAfter(gate, answers);
  const work = prepare(context, { ...preparing, changes: { port: gate.port } });
  const failed = await hasFailed(work);
  if (!cut.happened) await work;
  if (!failed) expect(await logsIn(context, after), "It reported that it was done.").toBe(true);

  const left = (await logsIn(context, after)) ? after : before;
  const message = `After ${answers} answers, the alternate user is left without privileges.`;
  if (left) expect(await mayDo(context, left, table), message).toEqual(GRANTED);
  await prepare(context, preparing);
  expect(await mayDo(context, after, table), `Again, after ${answers} answers`).toEqual(GRANTED);
  return cut;
}
