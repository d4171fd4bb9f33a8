import { expect } from "vitest";
import type { Cases } from "../case.ts";
import { newPassword } from "../support/context.ts";
import { grant, mayDo, mayGrant, newTable, revoke, sourceOfTruth } from "../support/privileges.ts";
import { connected, invoked, logsIn, newTwins, prepare } from "../support/users.ts";

const AT_ONCE = 8;

/** What is granted and revoked before each of four rotations. */
const CHANGES = [
  ["SELECT", undefined],
  ["INSERT", "SELECT"],
  ["UPDATE", "INSERT"],
  ["DELETE", "UPDATE"],
] as const;

export const alternateCases = {
  "alternate: it logs in and may do what the current user may, no more and no less": async (context) => {
    const { server } = context;
    const twins = await newTwins(context);
    const table = await newTable(context);
    await server.administer(grant(server, "SELECT", table, twins.base.username));
    await server.administer(grant(server, "UPDATE", table, twins.base.username));
    const alternate = await prepare(context, twins, twins.pair, newPassword());
    expect(await mayDo(context, alternate, table)).toEqual(["SELECT", "UPDATE"]);
    expect(await mayDo(context, twins.base, table), "The current user was changed.").toEqual([
      "SELECT",
      "UPDATE",
    ]);
  },

  "alternate: what is granted and revoked between rotations follows, three alternations deep": async (
    context,
  ) => {
    const { server } = context;
    const twins = await newTwins(context);
    const table = await newTable(context);
    let current = twins.base;
    for (const [granted, revoked] of CHANGES) {
      const pair = current.username === twins.clone ? twins.turned : twins.pair;
      const source = sourceOfTruth(context, twins, pair);
      await server.administer(grant(server, granted, table, source));
      if (revoked) await server.administer(revoke(server, revoked, table, source));
      const alternate = await prepare(context, twins, pair, newPassword());
      expect(await mayDo(context, alternate, table), `the alternate user, given ${granted}`).toEqual([
        granted,
      ]);
      expect(await mayDo(context, current, table), `the current user, given ${granted}`).toEqual([granted]);
      current = alternate;
    }
  },

  "alternate: it may hand on what the current user may hand on, and nothing else": async (context) => {
    const { server } = context;
    const twins = await newTwins(context);
    const [free, bound] = [await newTable(context), await newTable(context)];
    await server.administer(grant(server, "SELECT", free, twins.base.username, "WITH GRANT OPTION"));
    await server.administer(grant(server, "SELECT", bound, twins.base.username));
    const alternate = await prepare(context, twins, twins.pair, newPassword());
    expect(await mayGrant(context, alternate, "SELECT", free), "WITH GRANT OPTION is lost").toBe(true);
    expect(await mayGrant(context, alternate, "SELECT", bound), "WITH GRANT OPTION is won").toBe(false);
  },

  "alternate: preparing it again with the same password is harmless": async (context) => {
    const { server } = context;
    const twins = await newTwins(context);
    const table = await newTable(context);
    await server.administer(grant(server, "SELECT", table, twins.base.username));
    const password = newPassword();
    await prepare(context, twins, twins.pair, password);
    const alternate = await prepare(context, twins, twins.pair, password);
    expect(await mayDo(context, alternate, table)).toEqual(["SELECT"]);
  },

  "alternate: eight preparations at once all succeed": async (context) => {
    const { server } = context;
    const table = await newTable(context);
    for (let round = 0; round < 3; round++) {
      const twins = await newTwins(context);
      await server.administer(grant(server, "SELECT", table, twins.base.username));
      const alternate = { username: twins.clone, password: newPassword() };
      using invocation = invoked(context);
      await using cleanUp = new AsyncDisposableStack();
      const connecting = Array.from({ length: AT_ONCE }, () => connected(context, twins.master, invocation));
      const masters = (await Promise.all(connecting)).map((session) => cleanUp.use(session));
      // First there is no alternate user yet, then there is one.
      for (let time = 0; time < 2; time++) {
        await Promise.all(masters.map((master) => master.prepareAlternate(twins.pair, alternate.password)));
        expect(await mayDo(context, alternate, table)).toEqual(["SELECT"]);
      }
    }
  },

  "alternate: the current user's password stays what it is": async (context) => {
    const twins = await newTwins(context);
    const clone = await prepare(context, twins, twins.pair, newPassword());
    expect(await logsIn(context, twins.base)).toBe(true);
    await prepare(context, twins, twins.turned, newPassword());
    expect(await logsIn(context, clone)).toBe(true);
  },
} satisfies Cases;
