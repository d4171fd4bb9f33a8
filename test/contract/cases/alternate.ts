import { expect } from "vitest";
import { RotationError } from "../../../shared/report/errors.ts";
import { needing } from "../case.ts";
import { newPassword } from "../support/context.ts";
import { failureOf, within } from "../support/failures.ts";
import { openGate } from "../support/gate.ts";
import { capabilityOf, prepare, viewOf } from "../support/preparing.ts";
import { mayDo, mayGrant, newTable, sourceOfTruth } from "../support/privileges.ts";
import { connected, invoked, logsIn, newPair, type User, untilSessions } from "../support/users.ts";

const AT_ONCE = 8;
/** Milliseconds of the step of a client that freezes. */
const FROZEN = 5000;

/** What is granted and revoked before each of four rotations. */
const CHANGES = [
  ["SELECT", undefined],
  ["INSERT", "SELECT"],
  ["UPDATE", "INSERT"],
  ["DELETE", "UPDATE"],
] as const;

const OVER = () => new RotationError("secret-changed", "The rotation is over.", "Nothing was changed.");

const ofPairs = needing(["pair"], {
  "alternate: it logs in and may do what the current user may, no more and no less": async (context) => {
    const { server } = context;
    const { base, admin, pair } = await newPair(context);
    const table = await newTable(context);
    await server.grant("SELECT", table, base.username);
    await server.grant("UPDATE", table, base.username);
    const alternate = await prepare(context, { admin, current: base, pair, password: newPassword() });
    expect(await mayDo(context, alternate, table)).toEqual(["SELECT", "UPDATE"]);
    expect(await mayDo(context, base, table), "The current user was changed.").toEqual(["SELECT", "UPDATE"]);
  },

  "alternate: what is granted and revoked between rotations follows, three alternations deep": async (
    context,
  ) => {
    const { server } = context;
    const users = await newPair(context);
    const { admin } = users;
    const table = await newTable(context);
    let current = users.base;
    for (const [granted, revoked] of CHANGES) {
      const pair = current.username === users.clone ? users.turned : users.pair;
      const source = sourceOfTruth(context, users, pair);
      await server.grant(granted, table, source);
      if (revoked) await server.revoke(revoked, table, source);
      const alternate = await prepare(context, { admin, current, pair, password: newPassword() });
      expect(await mayDo(context, alternate, table), `the alternate user, given ${granted}`).toEqual([
        granted,
      ]);
      expect(await mayDo(context, current, table), `the current user, given ${granted}`).toEqual([granted]);
      current = alternate;
    }
  },

  "alternate: preparing it again with the same password is harmless": async (context) => {
    const { server } = context;
    const { base, admin, pair } = await newPair(context);
    const table = await newTable(context);
    await server.grant("SELECT", table, base.username);
    const password = newPassword();
    await prepare(context, { admin, current: base, pair, password });
    const alternate = await prepare(context, { admin, current: base, pair, password });
    expect(await mayDo(context, alternate, table)).toEqual(["SELECT"]);
  },

  "alternate: the plan after a preparation changes nothing but the password": async (context) => {
    const { server } = context;
    const { base, admin, pair } = await newPair(context);
    const table = await newTable(context);
    await server.grant("SELECT", table, base.username);
    await prepare(context, { admin, current: base, pair, password: newPassword() });
    const view = await viewOf(context, { admin, current: base, pair });
    const plan = view.plan("marked");
    expect(plan.refusal).toBeUndefined();
    const kinds = plan.refusal ? [] : plan.changes.map(({ kind }) => kind);
    expect(kinds).toContain("password");
    expect(kinds.filter((kind) => kind !== "password")).toEqual([]);
  },

  "alternate: a plan names no password, and its last change is the password": async (context) => {
    const { base, admin, pair } = await newPair(context);
    const view = await viewOf(context, { admin, current: base, pair });
    const plan = view.plan("created");
    if (plan.refusal) return expect.fail(plan.refusal.cause);
    const statements = plan.changes.map(({ statement }) => statement).join("\n");
    expect(statements).not.toContain(base.password);
    const kinds = plan.changes.map(({ kind }) => kind);
    const last = kinds.slice(kinds.indexOf("password"));
    expect(kinds).toContain("password");
    expect(
      last.filter((kind) => kind !== "password"),
      "Something comes after the password.",
    ).toEqual([]);
  },

  "alternate: eight preparations at once all succeed": async (context) => {
    const { server } = context;
    const table = await newTable(context);
    for (let round = 0; round < 3; round++) {
      const { base, admin, clone, pair } = await newPair(context);
      await server.grant("SELECT", table, base.username);
      const alternate = { username: clone, password: newPassword() };
      // First there is no alternate user yet, then there is one.
      for (let time = 0; time < 2; time++) {
        const preparing = { admin, current: base, pair, password: alternate.password };
        await Promise.all(Array.from({ length: AT_ONCE }, () => prepare(context, preparing)));
        expect(await mayDo(context, alternate, table)).toEqual(["SELECT"]);
      }
    }
  },

  "alternate: the current user's password stays what it is": async (context) => {
    const { base, admin, pair, turned } = await newPair(context);
    const clone = await prepare(context, { admin, current: base, pair, password: newPassword() });
    expect(await logsIn(context, base)).toBe(true);
    await prepare(context, { admin, current: clone, pair: turned, password: newPassword() });
    expect(await logsIn(context, clone)).toBe(true);
  },

  "alternate: a rotation that is over by the time of the lock changes nothing": async (context) => {
    const { server } = context;
    const { base, admin, pair } = await newPair(context);
    const preparing = { admin, current: base, pair, password: newPassword() };
    const confirm = async () => {
      throw OVER();
    };
    for (let time = 0; time < 2; time++) {
      const before = await server.snapshot();
      await failureOf(prepare(context, { ...preparing, confirm }), "secret-changed");
      expect(await server.snapshot(), "Something changed.").toBe(before);
      await prepare(context, preparing); // The lock is free. Then there is an alternate user.
    }
  },

  "alternate: a second preparation waits for the first one's lock": async (context) => {
    const { base, admin, pair } = await newPair(context);
    await prepare(context, { admin, current: base, pair, password: newPassword() });
    const [first, second] = [newPassword(), newPassword()];
    const [confirming, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const asked: string[] = [];
    const preparing = prepare(context, {
      ...{ admin, current: base, pair, password: first },
      confirm: async () => {
        confirming.resolve();
        await released.promise;
      },
    });
    await Promise.race([confirming.promise, preparing]);
    // Frozen before the lock, this run wakes after the other one has changed the password.
    const late = prepare(context, {
      ...{ admin, current: base, pair, password: second },
      confirm: async () => {
        const isChanged = await logsIn(context, { username: pair.alternate, password: first });
        asked.push(isChanged ? "after the first" : "before the first has ended");
        throw OVER();
      },
    });
    const refused = failureOf(late);
    // A run that does not wait for the lock may end before its session is seen.
    await untilSessions(context, admin.username, 2, refused);
    setTimeout(() => released.resolve(), 1000); // Time for the second one to take the lock, if it could.
    await preparing;
    await refused;
    expect(
      asked.filter((one) => one !== "after the first"),
      "Two runs held the lock.",
    ).toEqual([]);
    expect(await logsIn(context, { username: pair.alternate, password: first })).toBe(true);
    expect(await logsIn(context, { username: pair.alternate, password: second })).toBe(false);
  },

  "alternate: the lock of a frozen client is free within its deadline": async (context) => {
    const { base, admin, pair } = await newPair(context);
    await prepare(context, { admin, current: base, pair, password: newPassword() });
    await using gate = await openGate(context.server.database.address.port);
    using frozen = invoked(context, FROZEN);
    await using session = await connected(context, admin, frozen, { port: gate.port });
    const holding = Promise.withResolvers<void>();
    const capability = capabilityOf(context);
    const stuck = capability.exclusively(session, pair, async () => {
      gate.freeze();
      holding.resolve();
      await new Promise<void>(() => {}); // A process that is stopped goes no further.
    });
    stuck.catch(() => {});
    await holding.promise;
    const password = newPassword();
    await within(FROZEN, prepare(context, { admin, current: base, pair, password }));
    expect(await logsIn(context, { username: pair.alternate, password })).toBe(true);
  },

  "alternate: what the server decides the logins of the current user by stays as it is": async (context) => {
    const { base, admin, pair } = await newPair(context);
    const before = await context.server.fingerprint(base.username);
    await prepare(context, { admin, current: base, pair, password: newPassword() });
    expect(await context.server.fingerprint(base.username), "The current user was changed.").toBe(before);
  },

  "alternate: its password before is refused, three preparations deep": async (context) => {
    const { base, admin, pair } = await newPair(context);
    const used: User[] = [];
    for (let time = 0; time < 3; time++) {
      used.unshift(await prepare(context, { admin, current: base, pair, password: newPassword() }));
      const [newest, ...older] = await Promise.all(used.map((user) => logsIn(context, user)));
      expect(newest).toBe(true);
      expect(older, "An old password logs in still.").toEqual(older.map(() => false));
    }
  },

  "alternate: a restart of the server keeps its password and its privileges": async (context) => {
    const { server } = context;
    const { base, admin, pair } = await newPair(context);
    const table = await newTable(context);
    await server.grant("SELECT", table, base.username);
    const before = await prepare(context, { admin, current: base, pair, password: newPassword() });
    const after = await prepare(context, { admin, current: base, pair, password: newPassword() });
    await server.restart();
    expect(await logsIn(context, after), "The new password is lost.").toBe(true);
    expect(await logsIn(context, before), "The old password is back.").toBe(false);
    expect(await mayDo(context, after, table)).toEqual(["SELECT"]);
  },
});

const ofGrantOptions = needing(["pair", "a grant option"], {
  "alternate: it may hand on what the current user may hand on, and nothing else": async (context) => {
    const { server } = context;
    const { base, admin, pair } = await newPair(context);
    const [free, bound] = [await newTable(context), await newTable(context)];
    await server.grant("SELECT", free, base.username, "WITH GRANT OPTION");
    await server.grant("SELECT", bound, base.username);
    const alternate = await prepare(context, { admin, current: base, pair, password: newPassword() });
    expect(await mayGrant(context, alternate, "SELECT", free), "WITH GRANT OPTION is lost").toBe(true);
    expect(await mayGrant(context, alternate, "SELECT", bound), "WITH GRANT OPTION is won").toBe(false);
  },
});

export const alternateCases = { ...ofPairs, ...ofGrantOptions };
