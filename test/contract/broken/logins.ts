import { Socket } from "node:net";
import { checkServerIdentity } from "node:tls";
import { DatabaseError } from "pg";
import type { Wire } from "../../../shared/engine/wire.ts";
import { RotationError } from "../../../shared/report/errors.ts";
import { minimal } from "../minimal/engine.ts";
import { anotherConnection, type BrokenEngine, noSession, withConnect, withVerbs } from "./derive.ts";

/** Engines that log in wrongly. */
export const BROKEN_LOGINS: readonly BrokenEngine[] = [
  {
    name: "a rejected login is swallowed",
    fails: "connect: a wrong password is undefined",
    saying: /to be undefined/,
    engine: () =>
      withConnect(async (login, ...others) => (await minimal.connect(login, ...others)) ?? noSession(login)),
  },
  {
    name: "a rejected login is thrown",
    fails: "connect: an unknown user is undefined",
    saying: /login was rejected/,
    engine: () =>
      withConnect(async (...given) => {
        const session = await minimal.connect(...given);
        if (session) return session;
        throw new RotationError("login-rejected", "The login was rejected.", "");
      }),
  },
  {
    name: "every failure is taken for a rejected login",
    fails: "connect: an unreachable host throws",
    saying: /resolved to undefined/,
    engine: () => withConnect((...given) => minimal.connect(...given).catch(() => undefined)),
  },
  {
    name: "every refusal of the server is taken for a wrong password",
    fails: "connect: only the refusal of a wrong password is undefined, any other one throws",
    saying: /SQLSTATE 28000: expected 'taken for a wrong password'/,
    engine: () =>
      withConnect((...given) =>
        minimal.connect(...given).catch((error: unknown) => {
          if (error instanceof DatabaseError) return undefined;
          throw error;
        }),
      ),
  },
  {
    name: "what is not known of a refusal is taken for a wrong password",
    fails: "connect: only the refusal of a wrong password is undefined, any other one throws",
    saying: /SQLSTATE 28P02: expected 'taken for a wrong password'/,
    engine: () => takenForRejected("28P02"),
  },
  {
    name: "the engine logs the password of a login",
    fails: "secrets: none is in what the engine logs of a login, let in or not",
    saying: /engine logged a password/,
    engine: () =>
      withConnect((login, invocation, wire) => {
        invocation.log.info("Logging in", { with: login.password });
        return minimal.connect(login, invocation, wire);
      }),
  },
  {
    name: "a full server is taken for a rejected login",
    fails: "connect: a connection limit that is used up throws",
    saying: /resolved to undefined/,
    engine: () => takenForRejected("53300"),
  },
  {
    name: "a locked account is taken for a rejected login",
    fails: "connect: a locked account throws",
    saying: /resolved to undefined/,
    engine: () => takenForRejected("28000"),
  },
  {
    name: "no error of the server is explained",
    fails: "connect: a database that does not exist throws",
    saying: /unreachable/,
    engine: () => ({ ...minimal, explain: () => undefined }),
  },
  {
    name: "every error has the same explanation",
    fails: "connect: an unreachable host throws",
    saying: /locked: Another transaction/,
    engine: () => ({
      ...minimal,
      explain: () => new RotationError("locked", "Another transaction holds the lock.", "Wait."),
    }),
  },
  {
    name: "the driver opens a connection of its own, without a deadline",
    fails: "connect: a silent server throws within the deadline",
    saying: /still under way/,
    engine: () =>
      withConnect(async (login, invocation) => {
        const client = await anotherConnection(login, invocation);
        return { ...noSession(login), [Symbol.asyncDispose]: () => client.end() };
      }),
  },
  {
    name: "the driver opens a connection of its own, and nothing bounds it",
    fails: "connect: an endless answer of the server ends the login within bounds",
    saying: /read without a bound/,
    engine: () =>
      withConnect(async (login, invocation) => {
        const client = await anotherConnection(login, invocation, { connectionTimeoutMillis: 4500 });
        return { ...noSession(login), [Symbol.asyncDispose]: () => client.end() };
      }),
  },
  {
    name: "nothing bounds what the driver reads in plaintext",
    fails: "connect: an endless answer of the server ends the login within bounds",
    saying: /read without a bound/,
    engine: () => changingWire((wire) => ({ bound: wire.tls ? wire.bound : () => wire.bound(new Socket()) })),
  },
  {
    name: "nothing bounds what the driver reads through TLS",
    fails: "connect: the right password opens a session",
    saying: /wire\.bound/,
    engine: () => changingWire(() => ({ bound: () => {} })),
  },
  {
    name: "the socket below TLS is bounded instead of what the driver reads",
    fails: "connect: the right password opens a session",
    saying: /wire\.bound/,
    engine: () => changingWire((wire) => ({ bound: () => wire.bound(wire.socket) })),
  },
  {
    name: "the login is over before a statement was answered",
    fails: "connect: a statement has been answered when it resolves",
    saying: /only a statement reaches the server/,
    engine: () =>
      withConnect(async (login, invocation) => {
        const client = await anotherConnection(login, invocation);
        return { ...noSession(login), [Symbol.asyncDispose]: () => client.end() };
      }),
  },
  {
    name: "the identity is the login's own user name",
    fails: "connect: a user that the server lets in under another name is refused",
    saying: /should have thrown/,
    engine: () => withVerbs(({ identity }, { username }) => ({ identity: { ...identity, username } })),
  },
  {
    name: "the number of the session is the greeting's, twice",
    fails: "connect: something that answers for the server under another session number is refused",
    saying: /should have thrown/,
    engine: () =>
      withVerbs(({ identity }) => ({ identity: { ...identity, sessionId: identity.greetingId } })),
  },
  {
    name: "the host name is not verified",
    fails: "tls: a certificate for another host name throws, and nothing is sent in plaintext",
    saying: /should have thrown/,
    engine: () => changingTls({ checkServerIdentity: () => undefined }),
  },
  {
    name: "the CA is not verified",
    fails: "tls: a certificate of an unknown CA throws, and nothing is sent in plaintext",
    saying: /should have thrown/,
    engine: () => changingTls({ rejectUnauthorized: false }),
  },
  {
    name: "an expired certificate will do",
    fails: "tls: an expired certificate throws, and nothing is sent in plaintext",
    saying: /should have thrown/,
    engine: () => changingTls({ rejectUnauthorized: false }),
  },
  {
    name: "plaintext if the server has no TLS",
    fails: "tls: a server without TLS throws, and nothing is sent in plaintext",
    saying: /should have thrown/,
    engine: () =>
      withConnect((login, invocation, wire) =>
        minimal.connect(login, invocation, wire).catch((error: unknown) => {
          if (error instanceof DatabaseError) throw error;
          return minimal.connect({ ...login, tls: false }, invocation, inPlaintext(wire));
        }),
      ),
  },
  {
    name: "plaintext is tried, and the error is the right one all the same",
    fails: "tls: a certificate of an unknown CA throws, and nothing is sent in plaintext",
    saying: /sent in plaintext/,
    engine: () =>
      withConnect((login, invocation, wire) =>
        minimal.connect(login, invocation, wire).catch(async (error: unknown) => {
          await using _session = await minimal.connect(
            { ...login, tls: false },
            invocation,
            inPlaintext(wire),
          );
          throw error;
        }),
      ),
  },
  {
    name: "sslServerName is not heeded",
    fails: "tls: sslServerName is the name that the certificate must be for",
    saying: /TLS connection/,
    engine: () => changingTls({ checkServerIdentity }),
  },
  {
    name: "sessions are left open",
    fails: "session: disposing of it ends it on the server",
    saying: /still has a session/,
    engine: () => withVerbs(() => ({ [Symbol.asyncDispose]: async () => {} })),
  },
  {
    name: "a session is left open by a login that fails later on",
    fails: "session: a connect that throws leaves none behind",
    saying: /still has a session/,
    engine: () =>
      withConnect(async (login, invocation, wire) => {
        await anotherConnection({ ...login, database: "postgres" }, invocation);
        return await minimal.connect(login, invocation, wire);
      }),
  },
  {
    name: "the driver's own connection outlives the step",
    fails: "session: the end of the step ends it, whatever the engine is doing",
    saying: /still has a session/,
    engine: () =>
      withConnect(async (login, invocation) => {
        const client = await anotherConnection(login, invocation);
        await client.query("SELECT 1");
        return { ...noSession(login), [Symbol.asyncDispose]: () => client.end() };
      }),
  },
  {
    name: "disposing of a session says goodbye, and insists",
    fails: "session: disposing of one whose connection is lost does not throw",
    saying: /lost/,
    engine: () =>
      withVerbs((session) => ({
        [Symbol.asyncDispose]: async () => {
          await session[Symbol.asyncDispose]();
          throw new Error("The connection was lost.");
        },
      })),
  },
];

function takenForRejected(code: string) {
  return withConnect((...given) =>
    minimal.connect(...given).catch((error: unknown) => {
      if (error instanceof DatabaseError && error.code === code) return undefined;
      throw error;
    }),
  );
}

function changingWire(change: (wire: Wire) => Partial<Wire>) {
  return withConnect((login, invocation, wire) => {
    const { socket, tls, timeout } = wire;
    const bound: Wire["bound"] = (...given) => wire.bound(...given);
    return minimal.connect(login, invocation, { socket, tls, timeout, bound, ...change(wire) });
  });
}

/** Options of tls.connect that no engine may have. */
function changingTls(options: object) {
  return changingWire(({ tls }) => ({ tls: tls && { ...tls, ...options } }));
}

/** A wire for another connection, of which the engine tells nothing. */
function inPlaintext(wire: Wire): Wire {
  return {
    socket: new Socket(),
    tls: false,
    timeout: wire.timeout,
    bound: (...given) => wire.bound(...given),
  };
}
