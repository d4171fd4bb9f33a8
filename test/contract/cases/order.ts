import { expect } from "vitest";
import type { Pair } from "../../../shared/engine/engine.ts";
import type { Cases } from "../case.ts";
import { type Context, newPassword } from "../support/context.ts";
import { hasFailed } from "../support/failures.ts";
import { cutAfter, type Gate, openGate } from "../support/gate.ts";
import { grant, mayDo, newTable, type Privilege, privilegesOf } from "../support/privileges.ts";
import {
  connected,
  invoked,
  logsIn,
  newTwins,
  opened,
  prepare,
  type Twins,
  type User,
} from "../support/users.ts";

const GRANTED: Privilege[] = ["SELECT", "INSERT"];

export const orderCases = {
  "order: a new user may do everything before it can log in": async (context) => {
    const { twins, table } = await newTwinsWithTable(context);
    const alternate = { username: twins.clone, password: newPassword() };
    const looks = await lookingAtEveryStatement(context, twins, twins.pair, alternate.password, async () => {
      await using session = await opened(context, alternate);
      const message = "There is a moment at which the new password logs in and privileges are missing.";
      if (session) expect(await privilegesOf(context, session, table), message).toEqual(GRANTED);
    });
    expect(looks).toBeGreaterThan(0);
    expect(await mayDo(context, alternate, table)).toEqual(GRANTED);
  },

  "order: an existing alternate user logs in and loses nothing on the way": async (context) => {
    const { twins, table } = await newTwinsWithTable(context);
    const clone = await prepare(context, twins, twins.pair, newPassword());
    for (const [pair, before] of [
      [twins.pair, clone],
      [twins.turned, twins.base],
    ] as const) {
      const after = { ...before, password: newPassword() };
      await lookingAtEveryStatement(context, twins, pair, after.password, async () => {
        await using session = (await opened(context, before)) ?? (await opened(context, after));
        if (!session) return expect.fail(`There is a moment at which ${before.username} cannot log in.`);
        const message = `There is a moment at which ${before.username} lacks a privilege.`;
        expect(await privilegesOf(context, session, table), message).toEqual(GRANTED);
      });
      expect(await logsIn(context, after)).toBe(true);
    }
  },

  "order: a connection that is lost at any statement leaves no weak user, and trying again succeeds": async (
    context,
  ) => {
    await using gate = await openGate(context.server.database.address.port);
    for (let cut = { happened: true }, answers = 0; cut.happened; answers++) {
      const { twins, table } = await newTwinsWithTable(context);
      cut = await preparationCutAfter(context, gate, answers, twins, table);
    }
  },

  "order: a connection that is lost at any statement leaves an existing user as it was, or done": async (
    context,
  ) => {
    await using gate = await openGate(context.server.database.address.port);
    const { twins, table } = await newTwinsWithTable(context);
    let before = await prepare(context, twins, twins.pair, newPassword());
    for (let cut = { happened: true }, answers = 0; cut.happened; answers++) {
      cut = await preparationCutAfter(context, gate, answers, twins, table, before);
      before = await prepare(context, twins, twins.pair, newPassword());
    }
  },
} satisfies Cases;

async function newTwinsWithTable(context: Context): Promise<{ twins: Twins; table: string }> {
  const { server } = context;
  const twins = await newTwins(context);
  const table = await newTable(context);
  for (const privilege of GRANTED) {
    await server.administer(grant(server, privilege, table, twins.base.username));
  }
  return { twins, table };
}

/**
 * Prepares the alternate user, and stops after each statement to look at what everybody else sees.
 *
 * @returns how often it looked.
 */
async function lookingAtEveryStatement(
  context: Context,
  twins: Twins,
  pair: Pair,
  password: string,
  look: () => Promise<void>,
): Promise<number> {
  await using gate = await openGate(context.server.database.address.port);
  using invocation = invoked(context);
  await using master = await connected(context, twins.master, invocation, { port: gate.port });
  const complaints: unknown[] = [];
  let looks = 0;
  gate.onAnswer = async () => {
    looks++;
    await look().catch((error: unknown) => complaints.push(error));
    return "pass" as const;
  };
  const work = master.prepareAlternate(pair, password);
  await Promise.allSettled([work]);
  if (complaints.length > 0) throw complaints[0];
  await work;
  return looks;
}

/** One preparation that loses its connection, what it leaves behind, and another one that finishes it. */
async function preparationCutAfter(
  context: Context,
  gate: Gate,
  answers: number,
  twins: Twins,
  table: string,
  before?: User,
): Promise<{ happened: boolean }> {
  const after = { username: twins.clone, password: newPassword() };
  using invocation = invoked(context);
  gate.onAnswer = () => "pass";
  await using master = await connected(context, twins.master, invocation, { port: gate.port });
  const cut = cutAfter(gate, answers);
  const work = master.prepareAlternate(twins.pair, after.password);
  const failed = await hasFailed(work);
  if (!cut.happened) await work;
  if (!failed) expect(await logsIn(context, after), "It said that it was done.").toBe(true);

  const left = (await logsIn(context, after)) ? after : before;
  const message = `After ${answers} answers, the alternate user is left without privileges.`;
  if (left) expect(await mayDo(context, left, table), message).toEqual(GRANTED);
  await prepare(context, twins, twins.pair, after.password);
  expect(await mayDo(context, after, table), `Again, after ${answers} answers`).toEqual(GRANTED);
  return cut;
}
