import { expect } from "vitest";
import { found } from "../../support/search.ts";
import type { Cases } from "../case.ts";
import { newPassword } from "../support/context.ts";
import { expectNoSecret, failureOf, within } from "../support/failures.ts";
import { openGate } from "../support/gate.ts";
import {
  connected,
  expectNoSession,
  invoked,
  loginOf,
  newTwins,
  newUser,
  prepare,
} from "../support/users.ts";

const SHORT = 1000;
/** For those who wait for a lock, which some servers count in whole seconds. */
const LOCKED = 2500;

export const sessionCases = {
  "session: disposing of it ends it on the server": async (context) => {
    const user = await newUser(context);
    using invocation = invoked(context);
    const session = await connected(context, user, invocation);
    await session[Symbol.asyncDispose]();
    await expectNoSession(context, user.username);
  },

  "session: disposing of it ends it on the server, also after a verb that failed": async (context) => {
    const { pair } = await newTwins(context);
    const powerless = await newUser(context);
    using invocation = invoked(context);
    const session = await connected(context, powerless, invocation);
    await failureOf(session.prepareAlternate(pair, newPassword()));
    await session[Symbol.asyncDispose]();
    await expectNoSession(context, powerless.username);
  },

  "session: a connect that throws leaves none behind": async (context) => {
    const user = await newUser(context);
    using invocation = invoked(context);
    const login = loginOf(context, user, { database: "no_such_database" });
    await failureOf(context.engine.connect(login, invocation));
    await expectNoSession(context, user.username);
  },

  "session: disposing of one whose connection is lost does not throw": async (context) => {
    const user = await newUser(context);
    await using gate = await openGate(context.server.database.address.port);
    using invocation = invoked(context);
    const session = await connected(context, user, invocation, { port: gate.port });
    gate.onAnswer = () => "cut";
    await failureOf(session.changeOwnPassword(newPassword()));
    await within(SHORT, session[Symbol.asyncDispose]());
    await within(SHORT, session[Symbol.asyncDispose]());
  },

  "secrets: none is in an error of connect": async (context) => {
    const user = await newUser(context);
    using invocation = invoked(context);
    for (const changes of [{ database: "no_such_database" }, { port: 1 }, { host: "127.0.0.1" }]) {
      const error = await failureOf(context.engine.connect(loginOf(context, user, changes), invocation));
      expectNoSecret(error, user.password);
    }
  },

  "secrets: none is in an error of changeOwnPassword": async (context) => {
    const user = await newUser(context);
    const password = newPassword();
    await using _block = await context.server.blockPasswordChange(user.username);
    using invocation = invoked(context, LOCKED);
    await using session = await connected(context, user, invocation);
    expectNoSecret(await failureOf(session.changeOwnPassword(password)), user.password, password);
  },

  "secrets: none is in an error of prepareAlternate": async (context) => {
    const { pair } = await newTwins(context);
    const powerless = await newUser(context);
    const password = newPassword();
    using invocation = invoked(context);
    await using session = await connected(context, powerless, invocation);
    expectNoSecret(await failureOf(session.prepareAlternate(pair, password)), powerless.password, password);
  },

  "secrets: none is in the server's log, with every statement logged": async (context) => {
    const { server } = context;
    const user = await newUser(context);
    const twins = await newTwins(context);
    const [changed, blocked, prepared, again] = [newPassword(), newPassword(), newPassword(), newPassword()];
    using invocation = invoked(context);
    await using session = await connected(context, user, invocation);
    await session.changeOwnPassword(changed);
    await prepare(context, twins, twins.pair, prepared);
    await prepare(context, twins, twins.pair, again);
    {
      // Statements that fail are logged by servers which log nothing else.
      await using _block = await server.blockPasswordChange(user.username);
      using brief = invoked(context, LOCKED);
      await using other = await connected(context, { ...user, password: changed }, brief);
      await failureOf(other.changeOwnPassword(blocked));
    }
    const secrets = [changed, blocked, prepared, again];
    expect(found(secrets, await server.log()), "The server's log has passwords.").toEqual([]);
  },

  "secrets: none is in what the engine logs": async (context) => {
    const twins = await newTwins(context);
    const password = newPassword();
    using invocation = invoked(context);
    await using master = await connected(context, twins.master, invocation);
    await master.prepareAlternate(twins.pair, password);
    const secrets = [password, twins.master.password, twins.base.password];
    expect(found(secrets, invocation.logged.join("\n")), "The engine logged a password.").toEqual([]);
  },
} satisfies Cases;
