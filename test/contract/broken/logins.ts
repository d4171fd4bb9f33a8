import { Client } from "pg";
import { postgres } from "../../../functions/postgres/engine.ts";
import { RotationError } from "../../../shared/report/errors.ts";
import {
  anotherConnection,
  type BrokenEngine,
  ENDLESS,
  NO_SESSION,
  withConnect,
  withVerbs,
} from "./derive.ts";

const isTls = (error: unknown) => error instanceof RotationError && error.reason === "tls";

/** Engines that log in wrongly. */
export const BROKEN_LOGINS: readonly BrokenEngine[] = [
  {
    name: "a rejected login is swallowed",
    fails: "connect: a wrong password is undefined",
    saying: /to be undefined/,
    engine: () => withConnect(async (...login) => (await postgres.connect(...login)) ?? NO_SESSION),
  },
  {
    name: "a rejected login is thrown",
    fails: "connect: an unknown user is undefined",
    saying: /login/,
    engine: () =>
      withConnect(async (...login) => {
        const session = await postgres.connect(...login);
        if (session) return session;
        throw new RotationError("login-rejected", "The login was rejected.", "");
      }),
  },
  {
    name: "every failure is taken for a rejected login",
    fails: "connect: an unreachable host throws",
    saying: /resolved to undefined/,
    engine: () => withConnect((...login) => postgres.connect(...login).catch(() => undefined)),
  },
  {
    name: "a full server is taken for a rejected login",
    fails: "connect: a connection limit that is used up throws",
    saying: /resolved to undefined/,
    engine: () =>
      withConnect((...login) =>
        postgres.connect(...login).catch((error: unknown) => {
          if (error instanceof RotationError && error.reason === "connection-limit") return undefined;
          throw error;
        }),
      ),
  },
  {
    name: "a locked account is taken for a rejected login",
    fails: "connect: a locked account throws",
    saying: /resolved to undefined/,
    engine: () =>
      withConnect((...login) =>
        postgres.connect(...login).catch((error: unknown) => {
          if (error instanceof RotationError && error.reason === "login-not-allowed") return undefined;
          throw error;
        }),
      ),
  },
  {
    name: "what the driver throws comes out as it is",
    fails: "connect: a database that does not exist throws",
    saying: /should have thrown a RotationError/,
    engine: () =>
      withConnect(async (login, invocation) => {
        await (await anotherConnection(login, invocation)).end();
        return await postgres.connect(login, invocation);
      }),
  },
  {
    name: "no deadline at login",
    fails: "connect: a silent server throws within the deadline",
    saying: /still under way/,
    engine: () =>
      withConnect((login, invocation) => postgres.connect(login, { ...invocation, deadline: ENDLESS })),
  },
  {
    name: "the login is over before a statement was answered",
    fails: "connect: a statement has been answered when it resolves",
    saying: /only a statement reaches the server/,
    engine: () =>
      withConnect(async (login, invocation) => {
        const client = await anotherConnection(login, invocation);
        return { ...NO_SESSION, [Symbol.asyncDispose]: () => client.end() };
      }),
  },
  {
    name: "the host name is not verified",
    fails: "tls: a certificate for another host name throws, and nothing is sent in clear text",
    saying: /should have thrown/,
    engine: () =>
      withConnect((login, invocation) =>
        postgres.connect({ ...login, tls: login.tls && { serverName: "localhost" } }, invocation),
      ),
  },
  {
    name: "the authority is not verified",
    fails: "tls: a certificate of an unknown authority throws, and nothing is sent in clear text",
    saying: /should have thrown/,
    engine: () =>
      withConnect(async ({ username: user, ...login }) => {
        const client = new Client({ ...login, user, ssl: { rejectUnauthorized: false } });
        await client.connect();
        return { ...NO_SESSION, [Symbol.asyncDispose]: () => client.end() };
      }),
  },
  {
    name: "an expired certificate will do",
    fails: "tls: an expired certificate throws, and nothing is sent in clear text",
    saying: /should have thrown/,
    engine: () =>
      withConnect(async ({ username: user, ...login }) => {
        const client = new Client({ ...login, user, ssl: { rejectUnauthorized: false } });
        await client.connect();
        return { ...NO_SESSION, [Symbol.asyncDispose]: () => client.end() };
      }),
  },
  {
    name: "clear text if the server has no TLS",
    fails: "tls: a server without TLS throws, and nothing is sent in clear text",
    saying: /should have thrown/,
    engine: () =>
      withConnect((login, invocation) =>
        postgres.connect(login, invocation).catch((error: unknown) => {
          if (isTls(error)) return postgres.connect({ ...login, tls: false }, invocation);
          throw error;
        }),
      ),
  },
  {
    name: "clear text is tried, and the error is the right one all the same",
    fails: "tls: a certificate of an unknown authority throws, and nothing is sent in clear text",
    saying: /sent in clear text/,
    engine: () =>
      withConnect((login, invocation) =>
        postgres.connect(login, invocation).catch(async (error: unknown) => {
          await using _session = isTls(error)
            ? await postgres.connect({ ...login, tls: false }, invocation)
            : undefined;
          throw error;
        }),
      ),
  },
  {
    name: "sslServerName is not heeded",
    fails: "tls: sslServerName is the name that the certificate must be for",
    saying: /TLS connection/,
    engine: () =>
      withConnect((login, invocation) =>
        postgres.connect({ ...login, tls: login.tls && { serverName: undefined } }, invocation),
      ),
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
      withConnect(async (login, invocation) => {
        await anotherConnection({ ...login, database: "postgres" }, invocation);
        return await postgres.connect(login, invocation);
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
