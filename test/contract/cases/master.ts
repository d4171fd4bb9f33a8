import { expect } from "vitest";
import type { Cases } from "../case.ts";
import { prepareWithCures } from "../support/administrator.ts";
import { newPassword } from "../support/context.ts";
import { failureOf } from "../support/failures.ts";
import { grant, mayDo, newTable } from "../support/privileges.ts";
import { connected, invoked, newTwins, newUser, prepare } from "../support/users.ts";

export const masterCases = {
  "master: the one that the local server makes has what it needs": async (context) => {
    const { master, pair } = await newTwins(context);
    expect((await prepareWithCures(context, master, pair)).cures).toBe(0);
  },

  "master: without a privilege it changes nothing, and the statement in the message cures it": async (
    context,
  ) => {
    const { server } = context;
    const { base, pair } = await newTwins(context);
    const table = await newTable(context);
    await server.administer(grant(server, "SELECT", table, base.username));
    const { alternate, cures } = await prepareWithCures(context, await newUser(context), pair);
    expect(cures).toBeGreaterThan(0);
    expect(await mayDo(context, alternate, table)).toEqual(["SELECT"]);
  },

  "master: the same for an alternate user that exists": async (context) => {
    const { server } = context;
    const twins = await newTwins(context);
    const table = await newTable(context);
    await server.administer(grant(server, "SELECT", table, twins.base.username));
    await prepare(context, twins, twins.pair, newPassword());
    const { alternate, cures } = await prepareWithCures(context, await newUser(context), twins.pair);
    expect(cures).toBeGreaterThan(0);
    expect(await mayDo(context, alternate, table)).toEqual(["SELECT"]);
  },

  "master: a user whose password nobody asked to change may not be prepared by itself": async (context) => {
    const { pair, base } = await newTwins(context);
    using invocation = invoked(context);
    await using session = await connected(context, base, invocation);
    const before = await context.server.snapshot();
    await failureOf(session.prepareAlternate(pair, newPassword()), "missing-privilege");
    expect(await context.server.snapshot()).toBe(before);
  },

  "master: a read-only server is reported, and nothing changes": async (context) => {
    const { server } = context;
    const twins = await newTwins(context);
    await using _replica = await server.becomeReadOnly();
    const before = await server.snapshot();
    using invocation = invoked(context);
    await using master = await connected(context, twins.master, invocation);
    await failureOf(master.prepareAlternate(twins.pair, newPassword()), "read-only");
    await using own = await connected(context, twins.base, invocation);
    await failureOf(own.changeOwnPassword(newPassword()), "read-only");
    expect(await server.snapshot()).toBe(before);
  },
} satisfies Cases;
