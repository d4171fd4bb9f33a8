import { expect } from "vitest";
import type { Cases } from "../case.ts";
import { type Context, newPassword } from "../support/context.ts";
import { failureOf, hasFailed, within } from "../support/failures.ts";
import { cutAfter, openGate } from "../support/gate.ts";
import { connected, expectNoSession, invoked, logsIn, newUser, type User } from "../support/users.ts";

const SHORT = 1000;
/** For those who wait for a lock: some servers count in whole seconds, and have to give up before the client does. */
const LOCKED = 2500;
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

export const ownPasswordCases = {
  "own password: the new one logs in": async (context) => {
    const user = await newUser(context);
    const password = newPassword();
    await change(context, user, password);
    expect(await logsIn(context, { ...user, password })).toBe(true);
  },

  "own password: changing it again is harmless, in the same session and in a later one": async (context) => {
    const user = await newUser(context);
    const changed = { ...user, password: newPassword() };
    using invocation = invoked(context);
    await using session = await connected(context, user, invocation);
    await session.changeOwnPassword(changed.password);
    await session.changeOwnPassword(changed.password);
    await change(context, changed, changed.password);
    expect(await logsIn(context, changed)).toBe(true);
  },

  "own password: eight changes at once all succeed": async (context) => {
    for (let round = 0; round < 5; round++) {
      const user = await newUser(context);
      const password = newPassword();
      using invocation = invoked(context);
      await using cleanUp = new AsyncDisposableStack();
      const connecting = Array.from({ length: AT_ONCE }, () => connected(context, user, invocation));
      const sessions = (await Promise.all(connecting)).map((session) => cleanUp.use(session));
      await Promise.all(sessions.map((session) => session.changeOwnPassword(password)));
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

  "own password: a lock that blocks it is a clear error within the deadline": async (context) => {
    const user = await newUser(context);
    await using _block = await context.server.blockPasswordChange(user.username);
    using invocation = invoked(context, LOCKED);
    await using session = await connected(context, user, invocation);
    await within(LOCKED, failureOf(session.changeOwnPassword(newPassword()), "locked"));
  },

  "own password: what was given up is not done late": async (context) => {
    const user = await newUser(context);
    const abandoned = newPassword();
    const block = await context.server.blockPasswordChange(user.username);
    try {
      using invocation = invoked(context, LOCKED);
      await using session = await connected(context, user, invocation);
      await within(LOCKED, failureOf(session.changeOwnPassword(abandoned)));
    } finally {
      await block[Symbol.asyncDispose]();
    }
    // Whoever still waited for the lock has it now, and ends.
    await expectNoSession(context, user.username);
    expect(await logsIn(context, { ...user, password: abandoned }), "It was done late.").toBe(false);
    expect(await logsIn(context, user)).toBe(true);
  },

  "own password: a connection that is lost at any statement is an error, and trying again succeeds": async (
    context,
  ) => {
    await using gate = await openGate(context.server.database.address.port);
    for (let cut = { happened: true }, answers = 0; cut.happened; answers++) {
      const user = await newUser(context);
      const changed = { ...user, password: newPassword() };
      using invocation = invoked(context);
      gate.onAnswer = () => "pass";
      await using session = await connected(context, user, invocation, { port: gate.port });
      cut = cutAfter(gate, answers);
      const work = session.changeOwnPassword(changed.password);
      await within(SHORT, Promise.allSettled([work]));
      const failed = await hasFailed(work);
      if (!cut.happened) await work;
      const works = (await logsIn(context, changed)) ? changed : user;
      if (!failed) expect(works, "It said that it was done.").toBe(changed);
      await change(context, works, changed.password);
      expect(await logsIn(context, changed)).toBe(true);
    }
  },

  "own password: a server that falls silent is an error within the deadline": async (context) => {
    const user = await newUser(context);
    await using gate = await openGate(context.server.database.address.port);
    using invocation = invoked(context, SHORT);
    await using session = await connected(context, user, invocation, { port: gate.port });
    gate.onAnswer = () => "silence";
    await within(SHORT, failureOf(session.changeOwnPassword(newPassword())));
  },
} satisfies Cases;

async function change(context: Context, user: User, password: string): Promise<void> {
  using invocation = invoked(context);
  await using session = await connected(context, user, invocation);
  await session.changeOwnPassword(password);
}
