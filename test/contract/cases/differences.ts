import { expect } from "vitest";
import { needing } from "../case.ts";
import type { Deviation } from "../contract-server.ts";
import { prepareWithCures } from "../support/administrator.ts";
import { type Context, newName, newPassword } from "../support/context.ts";
import { prepare, testedView } from "../support/preparing.ts";
import { newTable } from "../support/privileges.ts";
import { namedPair, newPair, newUser, type PairOfUsers, type User } from "../support/users.ts";

const ofPairs = needing(["pair"], {
  "differences: none after a preparation, whichever of the two is current": async (context) => {
    const { server } = context;
    const { admin, base, pair, turned } = await newPair(context);
    const table = await newTable(context);
    await server.grant("SELECT", table, base.username);
    const clone = await prepare(context, { admin, current: base, pair, password: newPassword() });
    const first = await testedView(context, { admin, current: base, pair }, clone);
    expect([first.differences, first.unseen]).toEqual([[], []]);
    const again = await prepare(context, { admin, current: clone, pair: turned, password: newPassword() });
    const second = await testedView(context, { admin, current: clone, pair: turned }, again);
    expect([second.differences, second.unseen]).toEqual([[], []]);
  },

  "differences: none between two users whom the secret names, after the alternate one was created": async (
    context,
  ) => {
    const { server } = context;
    const { admin, base } = await newPair(context);
    const table = await newTable(context);
    await server.grant("SELECT", table, base.username);
    const other = newName("other");
    const pair = namedPair(base.username, other);
    const alternate = await prepare(context, { admin, current: base, pair, password: newPassword() });
    const view = await testedView(context, { admin, current: base, pair }, alternate);
    expect([view.differences, view.unseen]).toEqual([[], []]);
  },

  "differences: a partner that does not exist is never equal": async (context) => {
    const { admin, base, pair } = await newPair(context);
    const clone = await prepare(context, { admin, current: base, pair, password: newPassword() });
    const missing = namedPair(newName("nobody_at_all"), clone.username);
    const [outcome] = await Promise.allSettled([
      testedView(context, { admin, current: base, pair: missing }, clone),
    ]);
    const found =
      outcome.status === "rejected" ? ["an error"] : [...outcome.value.differences, ...outcome.value.unseen];
    expect(found, "A user without a partner is promoted.").not.toEqual([]);
  },

  "differences: a weaker pending user is reported": (context) => expectReported(context, "weaker"),
  "differences: a stronger pending user is reported": (context) => expectReported(context, "stronger"),
  "differences: another attribute or setting is reported": (context) =>
    expectReported(context, "otherwise different"),

  "differences: each reads as the end of a sentence about the pending user": async (context) => {
    const { server } = context;
    for (const { apply } of server.deviations) {
      const users = await newPair(context);
      const clone = await prepared(context, users);
      await apply(server, users.pair);
      const { admin, base, pair } = users;
      const view = await testedView(context, { admin, current: base, pair }, clone);
      for (const one of view.differences) expect(one).toMatch(/^[a-z].*[^.\s]$/s);
    }
  },

  "differences: a preparation ends them, or says what an administrator has to do": async (context) => {
    for (const { name, apply } of context.server.deviations) {
      const users = await newPair(context);
      const { admin, base, pair } = users;
      await prepared(context, users);
      const report = await apply(context.server, pair);
      const { alternate, logged } = await prepareWithCures(context, { admin, current: base, pair });
      const view = await testedView(context, { admin, current: base, pair }, alternate);
      if (view.differences.length > 0) expect(logged.join("; "), name).toMatch(report);
    }
  },
});

const ofOutsiders = needing(["pair", "users who see what others may do to them"], {
  "differences: an outsider with power over the pending user is reported": async (context) => {
    const { server } = context;
    for (const { name, apply } of server.intrusions) {
      const users = await newPair(context);
      const clone = await prepared(context, users);
      const outsider = await newUser(context);
      await apply(server, users.pair, outsider.username);
      const { admin, base, pair } = users;
      const view = await testedView(context, { admin, current: base, pair }, clone);
      expect(view.differences.join("; "), name).toContain(outsider.username);
    }
  },
});

export const differenceCases = { ...ofPairs, ...ofOutsiders };

async function prepared(context: Context, { admin, base, pair }: PairOfUsers): Promise<User> {
  const table = await newTable(context);
  await context.server.grant("SELECT", table, base.username);
  return await prepare(context, { admin, current: base, pair, password: newPassword() });
}

async function expectReported(context: Context, makes: Deviation["makes"]): Promise<void> {
  const { server } = context;
  const deviations = server.deviations.filter((one) => one.makes === makes);
  expect(deviations).not.toEqual([]);
  for (const { name, apply } of deviations) {
    const users = await newPair(context);
    const clone = await prepared(context, users);
    const report = await apply(server, users.pair);
    const { admin, base, pair } = users;
    const view = await testedView(context, { admin, current: base, pair }, clone);
    expect(view.differences.join("; "), name).toMatch(report);
  }
}
