import { expect } from "vitest";
import type { Pair } from "../../../shared/engine/engine.ts";
import type { Cases } from "../case.ts";
import { prepareWithCures } from "../support/administrator.ts";
import { type Context, newName, newPassword } from "../support/context.ts";
import { connected, invoked, newTwins, newUser, pairsOf, prepare, type Twins } from "../support/users.ts";

export const markCases = {
  "mark: a user that does not exist needs none": async (context) => {
    const twins = await newTwins(context);
    expect(await missingMark(context, twins, twins.pair)).toBeUndefined();
  },

  "mark: our own alternate user has it, whoever of the two is current": async (context) => {
    const twins = await newTwins(context);
    await prepare(context, twins, twins.pair, newPassword());
    expect(await missingMark(context, twins, twins.pair)).toBeUndefined();
    expect(await missingMark(context, twins, twins.turned)).toBeUndefined();
  },

  "mark: a stranger lacks it, until the statement is executed": async (context) => {
    const twins = await newTwins(context);
    await newUser(context, { username: twins.clone });
    const statement = await missingMark(context, twins, twins.pair);
    await context.server.administer(statement ?? expect.fail("It takes a stranger for the alternate user."));
    expect(await missingMark(context, twins, twins.pair)).toBeUndefined();
  },

  "mark: the user that hr_clone is named after is a stranger, until the statement is executed": async (
    context,
  ) => {
    const hr = newName("hr");
    await newUser(context, { username: hr });
    const { turned } = pairsOf(hr, `${hr}_clone`);
    const twins = await newTwins(context, `${hr}_clone`);
    const statement = await missingMark(context, twins, turned);
    await context.server.administer(
      statement ?? expect.fail("It takes the real user for the alternate one."),
    );
    expect(await missingMark(context, twins, turned)).toBeUndefined();
  },

  "mark: a user who was taken over without it has it afterwards": async (context) => {
    const twins = await newTwins(context);
    await newUser(context, { username: twins.clone });
    await prepareWithCures(context, twins.master, twins.pair);
    expect(await missingMark(context, twins, twins.pair)).toBeUndefined();
  },
} satisfies Cases;

/** Asks the engine, which must not change anything by it. */
async function missingMark(context: Context, { master }: Twins, pair: Pair): Promise<string | undefined> {
  using invocation = invoked(context);
  await using session = await connected(context, master, invocation);
  const before = await context.server.snapshot();
  const statement = await session.missingMark(pair);
  expect(await context.server.snapshot()).toBe(before);
  return statement;
}
