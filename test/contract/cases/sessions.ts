import { expect } from "vitest";
import { RotationError } from "../../../shared/report/errors.ts";
import { findSecrets } from "../../support/find-secrets.ts";
import { everyEngine, needing } from "../case.ts";
import { newPassword } from "../support/context.ts";
import { expectNoSecret, failureOf, within } from "../support/failures.ts";
import { cutAfter, openGate } from "../support/gate.ts";
import { prepare } from "../support/preparing.ts";
import {
  change,
  connected,
  expectNoSession,
  invoked,
  loginOf,
  newPair,
  newUser,
  WANTED,
} from "../support/users.ts";

const SHORT = 1000;
/** For waiting for a lock, which some servers count in whole seconds. */
const LOCKED = 2500;

const everyones = everyEngine({
  "session: disposing of it ends it on the server": async (context) => {
    const user = await newUser(context);
    using invocation = invoked(context);
    const session = await connected(context, user, invocation);
    await session[Symbol.asyncDispose]();
    await expectNoSession(context, user.username);
  },

  "session: disposing of it ends it on the server, also after a change that was not confirmed": async (
    context,
  ) => {
    const user = await newUser(context);
    using invocation = invoked(context);
    const session = await connected(context, user, invocation);
    const confirm = async () => {
      throw new RotationError("secret-changed", "The rotation is over.", "Nothing was changed.");
    };
    await failureOf(session.changeOwnPassword(newPassword(), { ...WANTED, confirm }));
    await session[Symbol.asyncDispose]();
    await expectNoSession(context, user.username);
  },

  "session: disposing of one whose connection is lost does not throw": async (context) => {
    const user = await newUser(context);
    await using gate = await openGate(context.server.database.address.port);
    using invocation = invoked(context);
    const session = await connected(context, user, invocation, { port: gate.port });
    gate.onAnswer = () => "cut";
    await failureOf(session.changeOwnPassword(newPassword(), WANTED));
    await within(SHORT, session[Symbol.asyncDispose]());
    await within(SHORT, session[Symbol.asyncDispose]());
  },

  "session: the end of the step ends it, whatever the engine is doing": async (context) => {
    const user = await newUser(context);
    await using gate = await openGate(context.server.database.address.port);
    const invocation = invoked(context);
    await using _session = await connected(context, user, invocation, { port: gate.port });
    invocation[Symbol.dispose]();
    await expectNoSession(context, user.username);
  },

  "secrets: none is in an error of connect": async (context) => {
    const user = await newUser(context);
    using invocation = invoked(context);
    for (const changes of [{ port: 1 }, { host: "127.0.0.1" }]) {
      const error = await failureOf(context.engine.connect(loginOf(context, user, changes), invocation));
      expectNoSecret(error, user.password);
    }
  },

  "secrets: none is in an error of changeOwnPassword, whatever the engine is told": async (context) => {
    const user = await newUser(context);
    const password = newPassword();
    await using gate = await openGate(context.server.database.address.port);
    using invocation = invoked(context);
    await using session = await connected(context, user, invocation, { port: gate.port });
    gate.onAnswer = () => "cut";
    const error = await failureOf(session.changeOwnPassword(password, WANTED));
    expectNoSecret(error, user.password, password);
  },

  "secrets: none is in the server's log after a change of the own password, with every statement logged":
    async (context) => {
      const user = await newUser(context);
      const password = newPassword();
      await change(context, user, password);
      expect(findSecrets([password], await context.server.log()), "The server's log has passwords.").toEqual(
        [],
      );
    },

  "secrets: none is in what the engine logs of a login, let in or not": async (context) => {
    const user = await newUser(context);
    const wrong = { ...user, password: newPassword() };
    using invocation = invoked(context);
    {
      await using _session = await connected(context, user, invocation);
    }
    expect(await context.engine.connect(loginOf(context, wrong), invocation)).toBeUndefined();
    const logged = invocation.logged.join("\n");
    expect(findSecrets([user.password, wrong.password], logged), "The engine logged a password.").toEqual([]);
  },

  "secrets: none is in what the engine logs of a change that was not confirmed": async (context) => {
    const user = await newUser(context);
    const password = newPassword();
    using invocation = invoked(context);
    await using session = await connected(context, user, invocation);
    const confirm = async () => {
      throw new RotationError("secret-changed", "The rotation is over.", "Nothing was changed.");
    };
    await failureOf(session.changeOwnPassword(password, { ...WANTED, confirm }));
    const logged = invocation.logged.join("\n");
    expect(findSecrets([password, user.password], logged), "The engine logged a password.").toEqual([]);
  },

  "secrets: none is in what the engine logs about its own user": async (context) => {
    const user = await newUser(context);
    const password = newPassword();
    using invocation = invoked(context);
    await using session = await connected(context, user, invocation);
    await session.changeOwnPassword(password, WANTED);
    const logged = invocation.logged.join("\n");
    expect(findSecrets([password, user.password], logged), "The engine logged a password.").toEqual([]);
  },
});

const withDatabases = needing(["databases"], {
  "session: a connect that throws leaves none behind": async (context) => {
    const user = await newUser(context);
    using invocation = invoked(context);
    const login = loginOf(context, user, { database: "no_such_database" });
    expectNoSecret(await failureOf(context.engine.connect(login, invocation)), user.password);
    await expectNoSession(context, user.username);
  },
});

const withLocks = needing(["locks that block a password change"], {
  "secrets: none is in an error of changeOwnPassword": async (context) => {
    const user = await newUser(context);
    const password = newPassword();
    await using _block = await context.server.blockPasswordChange(user.username);
    using invocation = invoked(context, LOCKED);
    await using session = await connected(context, user, invocation);
    const error = await failureOf(session.changeOwnPassword(password, WANTED));
    expectNoSecret(error, user.password, password);
  },

  "secrets: none is in the server's log after a change that fails, with every statement logged": async (
    context,
  ) => {
    // Statements that fail are logged by servers which log nothing else.
    const { server } = context;
    const user = await newUser(context);
    const password = newPassword();
    await using _block = await server.blockPasswordChange(user.username);
    using brief = invoked(context, LOCKED);
    await using session = await connected(context, user, brief);
    await failureOf(session.changeOwnPassword(password, WANTED));
    expect(findSecrets([password], await server.log()), "The server's log has passwords.").toEqual([]);
  },
});

const ofPairs = needing(["pair"], {
  "session: disposing of it ends it on the server, also after a verb that failed": async (context) => {
    const { base, pair } = await newPair(context);
    const powerless = await newUser(context);
    await failureOf(prepare(context, { admin: powerless, current: base, pair, password: newPassword() }));
    await expectNoSession(context, powerless.username);
    await expectNoSession(context, base.username);
  },

  "secrets: none is in an error of a preparation": async (context) => {
    const { base, pair } = await newPair(context);
    const powerless = await newUser(context);
    const password = newPassword();
    const error = await failureOf(prepare(context, { admin: powerless, current: base, pair, password }));
    expectNoSecret(error, powerless.password, base.password, password);
  },

  "secrets: none is in an error of a preparation that loses its connection": async (context) => {
    await using gate = await openGate(context.server.database.address.port);
    for (let cut = { happened: true }, answers = 0; cut.happened; answers++) {
      const { base, admin, pair } = await newPair(context);
      const password = newPassword();
      cut = cutAfter(gate, answers);
      const changes = { port: gate.port };
      const [outcome] = await Promise.allSettled([
        prepare(context, { admin, current: base, pair, password, changes }),
      ]);
      if (outcome.status === "rejected") {
        expectNoSecret(outcome.reason, admin.password, base.password, password);
      }
    }
  },

  "secrets: none is in the server's log after preparations, with every statement logged": async (context) => {
    const { base, admin, pair } = await newPair(context);
    const passwords = [newPassword(), newPassword()];
    for (const password of passwords) await prepare(context, { admin, current: base, pair, password });
    expect(findSecrets(passwords, await context.server.log()), "The server's log has passwords.").toEqual([]);
  },

  "secrets: none is in what is logged of a preparation": async (context) => {
    const { base, admin, pair } = await newPair(context);
    const password = newPassword();
    using invocation = invoked(context);
    await prepare(context, { admin, current: base, pair, password, invocation });
    const secrets = [password, admin.password, base.password];
    expect(findSecrets(secrets, invocation.logged.join("\n")), "The engine logged a password.").toEqual([]);
  },
});

export const sessionCases = { ...everyones, ...withDatabases, ...withLocks, ...ofPairs };
