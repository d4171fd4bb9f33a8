import { expect } from "vitest";
import { careful } from "../../../shared/engine/careful-engine.ts";
import type { Engine } from "../../../shared/engine/engine.ts";
import { RotationError } from "../../../shared/report/errors.ts";
import { everyEngine, needing } from "../case.ts";
import { answersOfLogin } from "../support/answers.ts";
import { type Context, newName, newPassword } from "../support/context.ts";
import { failureOf, within } from "../support/failures.ts";
import { openFlood } from "../support/flood.ts";
import { closedPort, type Gate, openGate, openSilentPort, type Verdict } from "../support/gate.ts";
import {
  connected,
  expectNoSession,
  invoked,
  loginOf,
  newUser,
  plainPort,
  type User,
} from "../support/users.ts";

/** More answers than any login has. */
const LONGEST_LOGIN = 40;

/** Milliseconds of an invocation, for engines that must not wait any longer. */
const SHORT = 1000;

/** Bytes that a client may take of an answer without end: 32 MB, and what is on the way when it gives up. */
const MOST_SWALLOWED = 48 * 1024 * 1024;

const everyones = everyEngine({
  "connect: the right password opens a session": async (context) => {
    const user = await newUser(context);
    using invocation = invoked(context);
    await using _session = await connected(context, user, invocation);
    expect(await context.server.openSessions(user.username)).toBe(1);
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
    await within(SHORT, failureOf(context.engine.connect(login, invocation), "unavailable", "deadline"));
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

  "connect: the endpoint of a proxy is refused before the password is sent": async (context) => {
    using invocation = invoked(context);
    const host = "app.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com";
    const user = { username: newName("nobody"), password: newPassword() };
    await failureOf(context.engine.connect(loginOf(context, user, { host }), invocation), "unsupported");
  },

  "connect: a login through TLS fails if nothing bounds what the driver reads": async (context) => {
    const user = await newUser(context);
    const { bare } = context;
    const unbounded: Engine = {
      ...bare,
      connect: (login, invocation, { socket, tls, timeout }) =>
        bare.connect(login, invocation, { socket, tls, timeout, bound: () => {} }),
    };
    using invocation = invoked(context);
    const connecting = careful(unbounded).connect(loginOf(context, user), invocation);
    await expect(connecting).rejects.toThrow("wire.bound");
    await expectNoSession(context, user.username);
  },
});

const inPlaintext = needing(["plaintext beside TLS"], {
  "connect: a user that the server lets in under another name is refused": async (context) => {
    const [name, other] = [newName("same"), newName("othr")].map((one) => one.padEnd(12, "x"));
    const user = await newUser(context, { username: name });
    const impostor = await newUser(context, { username: other, password: user.password });
    await using gate = await openGate(plainPort(context));
    gate.rewriteRequest = (chunk) => replaced(chunk, user.username, impostor.username);
    using invocation = invoked(context);
    await using _known = await connected(context, impostor, invocation); // MySQL then knows the user by heart.
    const connecting = context.engine.connect(
      loginOf(context, user, { port: gate.port, tls: false }),
      invocation,
    );
    await failureOf(connecting, "wrong-user");
  },

  "connect: something that answers for the server under another session number is refused": async (
    context,
  ) => {
    const { withOtherSessionNumber } = context.server;
    if (withOtherSessionNumber === undefined) return; // Its sessions have no numbers.
    const user = await newUser(context);
    await using gate = await openGate(plainPort(context));
    gate.rewriteAnswer = withOtherSessionNumber;
    using invocation = invoked(context);
    await using _known = await connected(context, user, invocation);
    const connecting = context.engine.connect(
      loginOf(context, user, { port: gate.port, tls: false }),
      invocation,
    );
    await failureOf(connecting, "unsupported");
  },

  "connect: an endless answer of the server ends the login within bounds": async (context) => {
    const user = await newUser(context);
    const answers = await answersOfLogin(context, user, { tls: false });
    for (const endless of context.server.endlessAnswers) {
      for (let before = 0; before < answers; before++) {
        await using flood = await openFlood(plainPort(context), before, endless);
        using invocation = invoked(context, 5 * SHORT);
        const login = loginOf(context, user, { port: flood.port, tls: false });
        await within(5 * SHORT, failureOf(context.engine.connect(login, invocation)));
        const message = `${endless.name} after ${before} answers is read without a bound.`;
        expect(flood.swallowed, message).toBeLessThan(MOST_SWALLOWED);
      }
    }
  },

  "connect: only the refusal of a wrong password is undefined, any other one throws": async (context) => {
    const user = await newUser(context);
    const { otherRefusals } = context.server;
    expect(otherRefusals.length).toBeGreaterThan(1);
    for (const { name, rewrite } of otherRefusals) {
      await using gate = await openGate(plainPort(context));
      let isRewritten = false;
      gate.rewriteAnswer = (chunk) => {
        const changed = rewrite(chunk);
        isRewritten ||= !changed.equals(chunk);
        return changed;
      };
      using invocation = invoked(context);
      const login = loginOf(context, { ...user, password: "wrong" }, { port: gate.port, tls: false });
      const outcome = await context.engine.connect(login, invocation).then(
        () => "taken for a wrong password",
        (error: unknown) =>
          error instanceof RotationError ? "thrown" : `thrown, and no RotationError: ${error}`,
      );
      expect(isRewritten, `${name}: the server's refusal was not found.`).toBe(true);
      expect(outcome, name).toBe("thrown");
    }
  },
});

const withStatements = needing(["a log of statements"], {
  "connect: a statement has been answered when it resolves": async (context) => {
    const user = await newUser(context);
    using invocation = invoked(context);
    await using _session = await connected(context, user, invocation);
    const message = "A pooler accepts every login; only a statement reaches the server behind it.";
    expect(await context.server.statements(user.username), message).not.toEqual([]);
  },
});

const some = {
  ...needing(["databases"], {
    "connect: a database that does not exist throws": async (context) => {
      const user = await newUser(context);
      using invocation = invoked(context);
      const login = loginOf(context, user, { database: "no_such_database" });
      // Some servers do not reveal which databases there are.
      await failureOf(context.engine.connect(login, invocation), "missing-database", "missing-privilege");
    },
  }),
  ...needing(["connection limits per user"], {
    "connect: a connection limit that is used up throws": async (context) => {
      const { server } = context;
      const user = await newUser(context);
      await server.limitConnections(user.username, 1);
      await using _application = await server.open(user.username, user.password);
      using invocation = invoked(context);
      await failureOf(context.engine.connect(loginOf(context, user), invocation), "connection-limit");
    },
  }),
  ...needing(["locked accounts"], {
    "connect: a locked account throws": async (context) => {
      const { server } = context;
      const user = await newUser(context);
      await server.lockAccount(user.username);
      using invocation = invoked(context);
      const connecting = context.engine.connect(loginOf(context, user), invocation);
      await failureOf(connecting, "account-locked", "login-not-allowed");
    },
  }),
};

export const connectCases = { ...everyones, ...inPlaintext, ...withStatements, ...some };

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

/** @param by is as long. */
function replaced(chunk: Buffer, text: string, by: string): Buffer {
  const at = chunk.indexOf(text);
  if (at < 0) return chunk;
  const changed = Buffer.from(chunk);
  changed.write(by, at);
  return changed;
}
