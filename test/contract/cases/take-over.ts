import { expect } from "vitest";
import type { Ownership, Pair } from "../../../shared/engine/pair.ts";
import { needing } from "../case.ts";
import { prepareWithCures, runRemedy } from "../support/administrator.ts";
import { type Context, newName, newPassword } from "../support/context.ts";
import { failureOf, remedyIn } from "../support/failures.ts";
import { prepare, viewOf } from "../support/preparing.ts";
import { mayDo, newTable } from "../support/privileges.ts";
import {
  logsIn,
  namedPair,
  newAdmin,
  newPair,
  newUser,
  type PairOfUsers,
  type User,
} from "../support/users.ts";

/** The lines of the table in `shared/strategies/take-over.ts`, as far as an engine decides them. */
const ofPairs = needing(["pair"], {
  "take-over: a user that does not exist is reported as such, and is created": async (context) => {
    const { admin, base, pair } = await newPair(context);
    const { exists, outsiders, gains } = await ownershipOf(context, admin, base, pair);
    expect({ exists, outsiders, gains }).toEqual({ exists: false, outsiders: [], gains: [] });
    await prepare(context, { admin, current: base, pair, password: newPassword(), isPossessed: notAsked });
  },

  "take-over: a clone that the function made has the marker clone, whichever of the two is current": async (
    context,
  ) => {
    const { admin, base, pair, turned } = await newPair(context);
    const clone = await prepare(context, { admin, current: base, pair, password: newPassword() });
    expect((await ownershipOf(context, admin, base, pair)).marker).toBe("clone");
    expect((await ownershipOf(context, admin, clone, turned)).marker).toBe("clone");
    const again = { admin, current: clone, pair: turned, password: newPassword(), isPossessed: notAsked };
    await prepare(context, again);
  },

  "take-over: a user that the function made for a named pair has the marker partner": async (context) => {
    const { admin, base } = await newPair(context);
    const pair = namedPair(base.username, newName("other"));
    const alternate = await prepare(context, { admin, current: base, pair, password: newPassword() });
    expect((await ownershipOf(context, admin, base, pair)).marker).toBe("partner");
    await prepare(context, { admin, current: base, pair, password: newPassword(), isPossessed: notAsked });
    // The other way round the new user is the current one: it takes the base user over by its own right or a statement.
    const turned = namedPair(alternate.username, base.username);
    const current = { ...alternate, password: newPassword() };
    await context.server.setPassword(current.username, current.password);
    await prepareWithCures(context, { admin, current, pair: turned });
  },

  "take-over: a user without a marker is refused, and taken after the statement": async (context) => {
    const { admin, base, clone, pair } = await newPair(context);
    const existing = await newUser(context, { username: clone });
    const { exists, marker } = await ownershipOf(context, admin, base, pair);
    expect({ exists, marker }).toEqual({ exists: true, marker: undefined });
    await refusedThenTaken(context, { admin, current: base, pair }, existing);
    expect((await ownershipOf(context, admin, base, pair)).marker).toBe("clone");
  },

  "take-over: the user that hr_clone is named after is refused, and taken after the statement": async (
    context,
  ) => {
    const hr = await newUser(context, { username: newName("hr") });
    const pair: Pair = { current: `${hr.username}_clone`, alternate: hr.username, clone: "current" };
    const current = await newUser(context, { username: pair.current });
    const admin = await newAdmin(context, hr.username);
    expect((await ownershipOf(context, admin, current, pair)).marker).toBeUndefined();
    const error = await failureOf(
      prepare(context, { admin, current, pair, password: newPassword() }),
      "user-not-owned",
    );
    expect(await logsIn(context, hr)).toBe(true);
    await runRemedy(context.server, error);
    expect((await ownershipOf(context, admin, current, pair)).marker).toBe("clone");
  },

  "take-over: a marker against the names is reversed, refused, and ended by the statement": async (
    context,
  ) => {
    const { server } = context;
    const { admin, base, clone, pair } = await newPair(context);
    const existing = await newUser(context, { username: clone });
    // An administrator, by mistake or at a tenant's wish, has marked the base user as the clone of the clone.
    const against: Pair = { current: clone, alternate: base.username, clone: "alternate" };
    await server.administer((await ownershipOf(context, admin, existing, against)).mark);
    const { marker, unmark } = await ownershipOf(context, admin, base, pair);
    expect(marker).toBe("reversed");
    const before = await server.snapshot();
    const preparing = { admin, current: base, pair, password: newPassword() };
    const error = await failureOf(prepare(context, preparing), "user-not-owned");
    expect(await server.snapshot(), "Something changed.").toBe(before);
    expect(remedyIn(error)).toBe(unmark);
    await runRemedy(server, error);
    expect((await ownershipOf(context, admin, base, pair)).marker).toBeUndefined();
    expect(await logsIn(context, base)).toBe(true);
    expect(await logsIn(context, existing)).toBe(true);
  },

  "take-over: an equal colleague whom the secret names is refused, and taken after the statement": async (
    context,
  ) => {
    const { server } = context;
    const { admin, base } = await newPair(context);
    const table = await newTable(context);
    const colleague = await newUser(context);
    for (const one of [base, colleague]) await server.grant("SELECT", table, one.username);
    const pair = namedPair(base.username, colleague.username);
    await refusedThenTaken(context, { admin, current: base, pair }, colleague);
    expect((await ownershipOf(context, admin, base, pair)).marker).toBe("partner");
  },

  "take-over: a marker that names another user is none": async (context) => {
    const { server } = context;
    const { admin, base } = await newPair(context);
    const other = await newUser(context, { username: `${base.username}x` });
    const colleague = await newUser(context);
    const theirs = namedPair(other.username, colleague.username);
    await server.administer((await ownershipOf(context, admin, other, theirs)).mark);
    const pair = namedPair(base.username, colleague.username);
    expect((await ownershipOf(context, admin, base, pair)).marker).not.toBe("partner");
    await failureOf(
      prepare(context, { admin, current: base, pair, password: newPassword() }),
      "user-not-owned",
      "privilege-mismatch",
    );
    expect(await logsIn(context, colleague)).toBe(true);
  },

  "take-over: possession takes a user that has lost its marker, and only adds to it": async (context) => {
    const { server } = context;
    const { admin, base, pair } = await newPair(context);
    const table = await newTable(context);
    await server.grant("SELECT", table, base.username);
    await prepare(context, { admin, current: base, pair, password: newPassword() });
    await server.unmark(pair);
    expect((await ownershipOf(context, admin, base, pair)).marker).toBeUndefined();
    const plan = (await viewOf(context, { admin, current: base, pair })).plan("possessed");
    if (plan.refusal) return expect.fail(plan.refusal.cause);
    expect(plan.changes.map(({ kind }) => kind)).not.toContain("takes");
    const preparing = { admin, current: base, pair, password: newPassword(), isPossessed: async () => true };
    const alternate = await prepare(context, preparing);
    expect(await mayDo(context, alternate, table)).toEqual(["SELECT"]);
  },

  "take-over: one of the server's own users is refused": async (context) => {
    const { server } = context;
    const { admin, base } = await newPair(context);
    const pair = namedPair(base.username, server.reservedUser);
    const { exists, reserved } = await ownershipOf(context, admin, base, pair);
    expect({ exists, reserved }).toEqual({ exists: true, reserved: true });
    const before = await server.snapshot();
    const preparing = { admin, current: base, pair, password: newPassword(), isPossessed: async () => true };
    await failureOf(prepare(context, preparing), "user-not-owned");
    expect(await server.snapshot(), "Something changed.").toBe(before);
  },

  "take-over: an outsider with power over the alternate user is named, and the statement ends it": async (
    context,
  ) => {
    const { server } = context;
    for (const { name, apply } of server.intrusions) {
      const { admin, base, pair } = await newPair(context);
      await prepare(context, { admin, current: base, pair, password: newPassword() });
      const outsider = await newUser(context);
      await apply(server, pair, outsider.username);
      const { outsiders } = await ownershipOf(context, admin, base, pair);
      expect(outsiders.map(({ what }) => what).join(), name).toContain(outsider.username);
      const before = await server.snapshot();
      const preparing = {
        admin,
        current: base,
        pair,
        password: newPassword(),
        isPossessed: async () => true,
      };
      const error = await failureOf(prepare(context, preparing), "user-not-owned");
      expect(await server.snapshot(), `${name}: something changed.`).toBe(before);
      await runRemedy(server, error);
      expect((await ownershipOf(context, admin, base, pair)).outsiders, name).toEqual([]);
      await prepare(context, preparing);
    }
  },

  "take-over: the admin user and the pair itself are no outsiders": async (context) => {
    const { admin, base, pair, turned } = await newPair(context);
    const clone = await prepare(context, { admin, current: base, pair, password: newPassword() });
    expect((await ownershipOf(context, admin, base, pair)).outsiders).toEqual([]);
    expect((await ownershipOf(context, admin, clone, turned)).outsiders).toEqual([]);
  },

  "take-over: nothing is gained over a user that may do more, or the statement ends that": async (
    context,
  ) => {
    const { server } = context;
    for (const { name, apply } of server.deviations.filter(({ makes }) => makes === "stronger")) {
      const { admin, base, pair } = await newPair(context);
      await prepare(context, { admin, current: base, pair, password: newPassword() });
      await apply(server, pair);
      const { refusals } = await prepareWithCures(context, { admin, current: base, pair });
      for (const reason of refusals) expect(reason, name).not.toBe("user-not-owned");
      expect((await ownershipOf(context, admin, base, pair)).gains, name).toEqual([]);
    }
  },
});

const ofLimits = needing(["pair", "connection limits per user"], {
  "take-over: possession takes nothing away from a user, and the statement that marks it cures it": async (
    context,
  ) => {
    const { server } = context;
    const { admin, base, clone, pair } = await newPair(context);
    const existing = await newUser(context, { username: clone });
    await letAdminPrepare(context, { admin, base, clone });
    await server.limitConnections(clone, 7);
    const before = await server.snapshot();
    const isPossessed = async () => true;
    const preparing = { admin, current: base, pair, password: newPassword(), isPossessed };
    await failureOf(prepare(context, preparing), "user-not-owned");
    expect(await server.snapshot(), "Something changed.").toBe(before);
    expect(await logsIn(context, existing)).toBe(true);
    await prepareWithCures(context, { admin, current: base, pair, isPossessed });
  },

  "take-over: a plan tells what it takes away or changes as takes": async (context) => {
    const { server } = context;
    const { admin, base, clone, pair } = await newPair(context);
    await newUser(context, { username: clone });
    await letAdminPrepare(context, { admin, base, clone });
    await server.limitConnections(clone, 7);
    const plan = (await viewOf(context, { admin, current: base, pair })).plan("possessed");
    if (plan.refusal) return; // That is no less.
    expect(plan.changes.map(({ kind }) => kind)).toContain("takes");
  },
});

export const takeOverCases = { ...ofPairs, ...ofLimits };

async function notAsked(): Promise<never> {
  throw new Error("Possession costs a login, and is asked for only where nothing else decides.");
}

async function ownershipOf(context: Context, admin: User, current: User, pair: Pair): Promise<Ownership> {
  return (await viewOf(context, { admin, current, pair })).ownership;
}

/** An existing user that is refused keeps its password, and nothing changes; after the statements it is taken. */
async function refusedThenTaken(
  context: Context,
  preparing: { admin: User; current: User; pair: Pair },
  existing: User,
): Promise<void> {
  const { server } = context;
  const before = await server.snapshot();
  await failureOf(prepare(context, { ...preparing, password: newPassword() }), "user-not-owned");
  expect(await server.snapshot(), "Something changed.").toBe(before);
  expect(await logsIn(context, existing)).toBe(true);
  const { alternate, refusals } = await prepareWithCures(context, preparing);
  expect(refusals[0]).toBe("user-not-owned");
  expect(await logsIn(context, alternate)).toBe(true);
}

/** Gives the admin user what it needs for a user that it has not made, as the refusals say; nothing is marked. */
async function letAdminPrepare(
  { server }: Context,
  { admin, base, clone }: Pick<PairOfUsers, "admin" | "base" | "clone">,
): Promise<void> {
  await server.letPrepare?.(admin.username, [base.username, clone]);
}
