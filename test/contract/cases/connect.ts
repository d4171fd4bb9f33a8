import { expect } from "vitest";
import type { Cases } from "../case.ts";
import type { Context } from "../support/context.ts";
import { failureOf, within } from "../support/failures.ts";
import { closedPort, type Gate, openGate, openSilentPort, type Verdict } from "../support/gate.ts";
import { connected, invoked, loginOf, newUser, type User } from "../support/users.ts";

/** More answers than any login has. */
const LONGEST_LOGIN = 40;

/** For engines that must not wait any longer. Milliseconds. */
const SHORT = 1000;

export const connectCases = {
  "connect: the right password opens a session": async (context) => {
    const user = await newUser(context);
    using invocation = invoked(context);
    await using _session = await connected(context, user, invocation);
    expect(await context.server.openSessions(user.username)).toBe(1);
  },

  "connect: a statement has been answered when it resolves": async (context) => {
    const user = await newUser(context);
    using invocation = invoked(context);
    await using _session = await connected(context, user, invocation);
    const message = "A pooler lets everybody in; only a statement reaches the server behind it.";
    expect(await context.server.statements(user.username), message).not.toEqual([]);
  },

  "connect: a wrong password is undefined": async (context) => {
    const user = await newUser(context);
    using invocation = invoked(context);
    const outcome = await context.engine.connect(
      loginOf(context, { ...user, password: "wrong" }),
      invocation,
    );
    expect(outcome).toBeUndefined();
  },

  "connect: an unknown user is undefined": async (context) => {
    using invocation = invoked(context);
    const nobody = { username: "nobody_knows", password: "wrong" };
    expect(await context.engine.connect(loginOf(context, nobody), invocation)).toBeUndefined();
  },

  "connect: an unreachable host throws": async (context) => {
    const user = await newUser(context);
    using invocation = invoked(context);
    const login = loginOf(context, user, { port: await closedPort() });
    await failureOf(context.engine.connect(login, invocation), "unreachable");
  },

  "connect: a silent server throws within the deadline": async (context) => {
    const user = await newUser(context);
    await using silent = await openSilentPort();
    using invocation = invoked(context, SHORT);
    const login = loginOf(context, user, { port: silent.port });
    await within(SHORT, failureOf(context.engine.connect(login, invocation), "unreachable", "deadline"));
  },

  "connect: a server that falls silent during the login throws within the deadline": async (context) => {
    const user = await newUser(context);
    await atEveryAnswer(context, user, "silence", async (gate) => {
      using invocation = invoked(context, SHORT);
      const login = loginOf(context, user, { port: gate.port });
      await within(SHORT, failureOf(context.engine.connect(login, invocation)));
    });
  },

  "connect: a connection that is lost during the login throws": async (context) => {
    const user = await newUser(context);
    await atEveryAnswer(context, user, "cut", async (gate) => {
      using invocation = invoked(context);
      const login = loginOf(context, user, { port: gate.port });
      await within(SHORT, failureOf(context.engine.connect(login, invocation)));
    });
  },

  "connect: a database that does not exist throws": async (context) => {
    const user = await newUser(context);
    using invocation = invoked(context);
    const login = loginOf(context, user, { database: "no_such_database" });
    // Some servers do not tell strangers which databases there are.
    await failureOf(context.engine.connect(login, invocation), "missing-database", "missing-privilege");
  },

  "connect: a connection limit that is used up throws": async (context) => {
    const { server } = context;
    const user = await newUser(context);
    await server.administer(server.sql.limitConnections(user.username, 1));
    await using _application = await server.open(user.username, user.password);
    using invocation = invoked(context);
    await failureOf(context.engine.connect(loginOf(context, user), invocation), "connection-limit");
  },

  "connect: a locked account throws": async (context) => {
    const { server } = context;
    const user = await newUser(context);
    await server.administer(server.sql.lockAccount(user.username));
    using invocation = invoked(context);
    const connecting = context.engine.connect(loginOf(context, user), invocation);
    await failureOf(connecting, "account-locked", "login-not-allowed");
  },
} satisfies Cases;

/** Does the same at the first, second, … answer of a server until the login has no more of them, all at once. */
async function atEveryAnswer(
  context: Context,
  user: User,
  verdict: Verdict,
  work: (gate: Gate) => Promise<void>,
): Promise<void> {
  const { port } = context.server.database.address;
  await answersOfLogin(context, user); // The first login may take longer: MySQL then knows the user by heart.
  const answers = await answersOfLogin(context, user);
  expect(answers).toBeLessThan(LONGEST_LOGIN);
  const attempts = Array.from({ length: answers }, async (_, before) => {
    await using gate = await openGate(port);
    let answered = 0;
    gate.onAnswer = () => (answered++ < before ? "pass" : verdict);
    await work(gate);
  });
  await Promise.all(attempts);
}

async function answersOfLogin(context: Context, user: User): Promise<number> {
  await using gate = await openGate(context.server.database.address.port);
  let answers = 0;
  gate.onAnswer = () => {
    answers++;
    return "pass";
  };
  using invocation = invoked(context);
  const session = await connected(context, user, invocation, { port: gate.port });
  const ofLogin = answers;
  await session[Symbol.asyncDispose]();
  return ofLogin;
}
