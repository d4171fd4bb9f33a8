import { expect } from "vitest";
import { everyEngine, needing } from "../case.ts";
import { type Context, newPassword } from "../support/context.ts";
import { failureOf, hasFailed, within } from "../support/failures.ts";
import { cutAfter, openGate } from "../support/gate.ts";
import {
  change,
  connected,
  expectNoSession,
  invoked,
  logsIn,
  newUser,
  type User,
  WANTED,
} from "../support/users.ts";

const SHORT = 1000;
/** For waiting for a lock: some servers count in whole seconds, and have to give up before the client does. */
const LOCKED = 2500;
/** For a client that freezes while it holds the lock: the server has to notice in that time. */
const FROZEN = 5000;

const everyones = everyEngine({
  "own password: the lock of a frozen client is free within its deadline": async (context) => {
    await using frozen = await frozenInConfirm(context);
    const changed = { ...frozen.user, password: newPassword() };
    await within(FROZEN, change(context, frozen.user, changed.password));
    expect(await logsIn(context, changed)).toBe(true);
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
      const work = session.changeOwnPassword(changed.password, WANTED);
      await within(SHORT, Promise.allSettled([work]));
      const failed = await hasFailed(work);
      if (!cut.happened) await work;
      const works = (await logsIn(context, changed)) ? changed : user;
      if (!failed) expect(works, "It reported that it was done.").toBe(changed);
      await session[Symbol.asyncDispose](); // Some locks end with the session.
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
    await within(SHORT, failureOf(session.changeOwnPassword(newPassword(), WANTED)));
  },
});

const blocked = needing(["locks that block a password change"], {
  "own password: a lock that blocks it is a clear error within the deadline": async (context) => {
    const user = await newUser(context);
    await using _block = await context.server.blockPasswordChange(user.username);
    using invocation = invoked(context, LOCKED);
    await using session = await connected(context, user, invocation);
    await within(LOCKED, failureOf(session.changeOwnPassword(newPassword(), WANTED), "locked"));
  },

  "own password: what was given up is not done late": async (context) => {
    const user = await newUser(context);
    const abandoned = newPassword();
    const block = await context.server.blockPasswordChange(user.username);
    try {
      using invocation = invoked(context, LOCKED);
      await using session = await connected(context, user, invocation);
      await within(LOCKED, failureOf(session.changeOwnPassword(abandoned, WANTED)));
    } finally {
      await block[Symbol.asyncDispose]();
    }
    // A session that still waited for the lock has it now, and ends.
    await expectNoSession(context, user.username);
    expect(await logsIn(context, { ...user, password: abandoned }), "It was done late.").toBe(false);
    expect(await logsIn(context, user)).toBe(true);
  },

  "own password: a client that is cut off while it waits changes nothing later": async (context) => {
    const user = await newUser(context);
    const abandoned = newPassword();
    const block = await context.server.blockPasswordChange(user.username);
    try {
      await using gate = await openGate(context.server.database.address.port);
      using invocation = invoked(context, FROZEN);
      await using session = await connected(context, user, invocation, { port: gate.port });
      const changing = session.changeOwnPassword(abandoned, WANTED);
      changing.catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, SHORT));
      gate.freeze();
      await within(FROZEN, failureOf(changing));
      await expectNoSession(context, user.username, FROZEN);
    } finally {
      await block[Symbol.asyncDispose]();
    }
    expect(await logsIn(context, { ...user, password: abandoned }), "It was done late.").toBe(false);
    expect(await logsIn(context, user)).toBe(true);
  },
});

const ending = needing(["sessions that end with a frozen client"], {
  "own password: the server ends the session of a frozen client within its deadline": async (context) => {
    await using frozen = await frozenInConfirm(context);
    await expectNoSession(context, frozen.user.username, 2 * FROZEN);
  },
});

export const interruptedPasswordCases = { ...everyones, ...blocked, ...ending };

/** A client that is frozen while it holds the lock, until it is disposed of: the network knows nothing of it. */
async function frozenInConfirm(context: Context): Promise<AsyncDisposable & { user: User }> {
  await using started = new AsyncDisposableStack();
  const user = await newUser(context);
  const gate = started.use(await openGate(context.server.database.address.port));
  const invocation = started.use(invoked(context, FROZEN));
  const session = started.use(await connected(context, user, invocation, { port: gate.port }));
  const confirming = Promise.withResolvers<void>();
  const changing = session.changeOwnPassword(newPassword(), {
    ...WANTED,
    confirm: async () => {
      gate.freeze();
      confirming.resolve();
      await new Promise<void>(() => {}); // A process that is stopped goes no further.
    },
  });
  changing.catch(() => {});
  await confirming.promise;
  const frozen = started.move();
  return { user, [Symbol.asyncDispose]: () => frozen.disposeAsync() };
}
