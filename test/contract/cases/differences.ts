import { expect } from "vitest";
import type { Pair } from "../../../shared/engine/engine.ts";
import type { Cases } from "../case.ts";
import { prepareWithCures } from "../support/administrator.ts";
import { type Context, newPassword } from "../support/context.ts";
import { grant, newTable } from "../support/privileges.ts";
import { connected, invoked, newTwins, prepare, type User } from "../support/users.ts";

export const differenceCases = {
  "differences: none after a preparation, whoever of the two is current": async (context) => {
    const { server } = context;
    const twins = await newTwins(context);
    const table = await newTable(context);
    await server.administer(grant(server, "SELECT", table, twins.base.username, "WITH GRANT OPTION"));
    await server.administer(server.sql.limitConnections(twins.base.username, 20));
    const clone = await prepare(context, twins, twins.pair, newPassword());
    expect(await differences(context, twins.pair, clone, twins.base)).toEqual([]);
    const base = await prepare(context, twins, twins.turned, newPassword());
    expect(await differences(context, twins.turned, base, clone)).toEqual([]);
  },

  "differences: none before there is an alternate user": async (context) => {
    const { turned, base } = await newTwins(context);
    // RotateImmediately=false tests a copy of the current value, whose twin is not there yet.
    using invocation = invoked(context);
    await using session = await connected(context, base, invocation);
    expect(await session.differences(turned, () => connected(context, base, invocation))).toEqual([]);
  },

  "differences: a weaker pending user is reported": (context) => expectReported(context, "weaker"),
  "differences: a stronger pending user is reported": (context) => expectReported(context, "stronger"),
  "differences: another attribute is reported": (context) => expectReported(context, "otherwise different"),

  "differences: a preparation ends them, or says what an administrator has to do": async (context) => {
    for (const { name, apply } of context.server.deviations) {
      const twins = await newTwins(context);
      await prepare(context, twins, twins.pair, newPassword());
      const report = await apply(context.server, twins.pair);
      const { alternate, logged } = await prepareWithCures(context, twins.master, twins.pair);
      const found = await differences(context, twins.pair, alternate, twins.base);
      if (found.length > 0) expect(logged.join("; "), name).toMatch(report);
    }
  },
} satisfies Cases;

async function expectReported(context: Context, makes: "weaker" | "stronger" | "otherwise different") {
  const { server } = context;
  const deviations = server.deviations.filter((one) => one.makes === makes);
  expect(deviations).not.toEqual([]);
  for (const { name, apply } of deviations) {
    const twins = await newTwins(context);
    const table = await newTable(context);
    await server.administer(grant(server, "SELECT", table, twins.base.username));
    const clone = await prepare(context, twins, twins.pair, newPassword());
    const report = await apply(server, twins.pair);
    const found = await differences(context, twins.pair, clone, twins.base);
    expect(found.join("; "), name).toMatch(report);
  }
}

/** As testSecret asks for them; it must change nothing, and leave it to the engine to close what it opens. */
async function differences(context: Context, pair: Pair, pending: User, current: User): Promise<string[]> {
  using invocation = invoked(context);
  await using session = await connected(context, pending, invocation);
  const before = await context.server.snapshot();
  const found = await session.differences(pair, () => connected(context, current, invocation));
  expect(await context.server.snapshot()).toBe(before);
  return found;
}
