import { expect } from "vitest";
import { RotationError } from "../../../shared/report/errors.ts";
import { everyEngine } from "../case.ts";
import { newPassword } from "../support/context.ts";
import { failureOf, within } from "../support/failures.ts";
import { change, connected, invoked, logsIn, newUser, WANTED } from "../support/users.ts";

const SHORT = 1000;
const AT_ONCE = 8;

const PRINTABLE = String.fromCharCode(...Array.from({ length: 0x7f - 0x20 }, (_, at) => at + 0x20));

/** All of printable ASCII, since no more is promised: what is special to SQL, to drivers, or to format strings. */
export const HOSTILE_PASSWORDS = [
  PRINTABLE,
  "'", // One character.
  "'' OR ''='",
  "it's",
  'say "hello"',
  "back\\slash\\",
  "\\'; --",
  "100%s %d %(password)s",
  "  between spaces  ",
  "$1 $$ $tag$ $PATH",
  "`tick` ?? ? :name @var",
  "/* comment */ -- #",
];

const OVER = () => new RotationError("secret-changed", "The rotation is over.", "Nothing was changed.");

export const ownPasswordCases = everyEngine({
  "own password: the new one logs in": async (context) => {
    const user = await newUser(context);
    const password = newPassword();
    await change(context, user, password);
    expect(await logsIn(context, { ...user, password })).toBe(true);
  },

  "own password: the outcome says truly whether the old one goes on working": async (context) => {
    const user = await newUser(context);
    const changed = { ...user, password: newPassword() };
    const outcome = await change(context, user, changed.password);
    expect(outcome).toBe((await logsIn(context, user)) ? "kept" : "ended");
  },

  "own password: after two changes the first one is refused, and after every further one the one before the last":
    async (context) => {
      const used = [await newUser(context)];
      await context.server.secondPasswords?.allow(String(used[0]?.username));
      for (let time = 0; time < 4; time++) {
        const [current = expect.fail("There is a user.")] = used;
        const next = { ...current, password: newPassword() };
        await change(context, current, next.password);
        used.unshift(next);
        expect(await logsIn(context, next)).toBe(true);
        for (const old of used.slice(2)) {
          expect(await logsIn(context, old), "An old password logs in still.").toBe(false);
        }
      }
    },

  "own password: a restart of the server keeps the new one": async (context) => {
    const user = await newUser(context);
    const changed = { ...user, password: newPassword() };
    const outcome = await change(context, user, changed.password);
    await context.server.restart();
    expect(await logsIn(context, changed), "The new password is lost.").toBe(true);
    expect(await logsIn(context, user), "The old password is back.").toBe(outcome === "kept");
  },

  "own password: changing it again is harmless, in the same session and in a later one": async (context) => {
    const user = await newUser(context);
    const changed = { ...user, password: newPassword() };
    using invocation = invoked(context);
    await using session = await connected(context, user, invocation);
    await session.changeOwnPassword(changed.password, WANTED);
    const worksStill = await logsIn(context, user);
    await session.changeOwnPassword(changed.password, WANTED);
    await session[Symbol.asyncDispose](); // Some locks end with the session.
    await change(context, changed, changed.password);
    expect(await logsIn(context, changed)).toBe(true);
    if (worksStill) expect(await logsIn(context, user), "The old one has stopped working.").toBe(true);
  },

  "own password: eight changes at once all succeed": async (context) => {
    for (let round = 0; round < 5; round++) {
      const user = await newUser(context);
      const password = newPassword();
      using invocation = invoked(context);
      await using cleanUp = new AsyncDisposableStack();
      const connecting = Array.from({ length: AT_ONCE }, () => connected(context, user, invocation));
      const sessions = (await Promise.all(connecting)).map((session) => cleanUp.use(session));
      await Promise.all(
        sessions.map(async (session) => {
          await session.changeOwnPassword(password, WANTED);
          await session[Symbol.asyncDispose](); // Some locks end with the session.
        }),
      );
      expect(await logsIn(context, { ...user, password })).toBe(true);
    }
  },

  "own password: hostile passwords": async (context) => {
    let user = await newUser(context);
    for (const password of HOSTILE_PASSWORDS) {
      expect(context.engine.refusal(user.username, password), password).toBeUndefined();
      await change(context, user, password);
      user = { ...user, password };
      expect(await logsIn(context, user), password).toBe(true);
    }
  },

  "own password: a rotation that is over by the time of the lock changes nothing": async (context) => {
    const { server } = context;
    const user = await newUser(context);
    const before = await server.fingerprint(user.username);
    const over: unknown[] = [];
    const confirm = async () => {
      over.push(OVER());
      throw over[0];
    };
    const password = newPassword();
    await failureOf(change(context, user, password, { ...WANTED, confirm }), "secret-changed");
    expect(over.length, "It was not asked whether the rotation is over.").toBe(1);
    expect(await server.fingerprint(user.username), "Something changed.").toBe(before);
    expect(await logsIn(context, user)).toBe(true);
    await within(SHORT, change(context, user, newPassword())); // The lock is free.
  },

  "own password: confirm is asked while no other run can change it": async (context) => {
    const user = await newUser(context);
    const [first, second] = [newPassword(), newPassword()];
    const confirming = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const asked: string[] = [];
    using invocation = invoked(context);
    await using one = await connected(context, user, invocation);
    await using other = await connected(context, user, invocation);
    const changing = one.changeOwnPassword(first, {
      ...WANTED,
      confirm: async () => {
        asked.push("first");
        confirming.resolve();
        await released.promise;
      },
    });
    await Promise.race([confirming.promise, changing]);
    expect(asked, "confirm was not called.").toEqual(["first"]);
    // Frozen before the lock, this run wakes after the other one has changed the password.
    const late = other.changeOwnPassword(second, {
      ...WANTED,
      confirm: async () => {
        const isChanged = await logsIn(context, { ...user, password: first });
        asked.push(isChanged ? "second, after the first" : "second, before the first has ended");
        throw OVER();
      },
    });
    const refused = failureOf(late);
    setTimeout(() => released.resolve(), SHORT / 2);
    await changing;
    await one[Symbol.asyncDispose](); // Some locks end with the session.
    await refused;
    expect(
      asked.slice(1).filter((one) => one !== "second, after the first"),
      "It was asked too early.",
    ).toEqual([]);
    expect(await logsIn(context, { ...user, password: first })).toBe(true);
    expect(await logsIn(context, { ...user, password: second })).toBe(false);
  },
});
