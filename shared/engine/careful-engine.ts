import { RotationError } from "../report/errors.ts";
import { connectionFailure, isFromReading, protocolViolation } from "./connection-errors.ts";
import type { During, Engine, Identity, Invocation, Login, Product, Session } from "./engine.ts";
import type { PairCapability } from "./pair.ts";
import { assertNoPooler, assertNoRdsProxy } from "./pooler.ts";
import { openWire } from "./wire.ts";

/** An engine with everything that `careful` adds to it. */
export interface CarefulEngine<S extends Session = Session> extends Omit<Engine<S>, "connect" | "explain"> {
  connect(login: Login, invocation: Invocation): Promise<S | undefined>;
}

/** Seconds after which a login is logged as slow. Usually the server was resuming. A step has 30 s. */
const SLOW_SECONDS = 5;

/** Sessions that `careful` has opened, with their logins. */
const logins = new WeakMap<Session, Login>();

/**
 * Adds to an engine what every engine needs: refuses proxies and passwords that no product can store, and limits what a server
 * may send. Checks as which user the server has authenticated the session. Throws only RotationErrors.
 */
export function careful<S extends Session>(engine: Engine<S>): CarefulEngine<S> {
  async function explaining<T>(during: During, login: Login, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw explained(engine, error, during, login);
    }
  }

  async function connect(login: Login, invocation: Invocation): Promise<S | undefined> {
    assertNoRdsProxy(login);
    const began = performance.now();
    const wire = openWire(login, invocation);
    try {
      const session = await explaining("login", login, () => engine.connect(login, invocation, wire));
      if (session === undefined) {
        wire.socket.destroy();
        return undefined;
      }
      try {
        assertOwnSession(session.identity, login);
        if (!wire.isBounded()) {
          throw new Error("connect() has to give the stream that the driver reads to wire.bound().");
        }
      } catch (error) {
        await session[Symbol.asyncDispose]();
        throw error;
      }
      const change = session.changeOwnPassword.bind(session);
      session.changeOwnPassword = (...given) => explaining("session", login, () => change(...given));
      logins.set(session, login);
      const seconds = Math.round((performance.now() - began) / 1000);
      if (seconds >= SLOW_SECONDS) {
        const { username, host, port } = login;
        invocation.log.warn(`The login of ${username} at ${host}:${port} took ${seconds} s.`);
      }
      return session;
    } catch (error) {
      wire.socket.destroy();
      throw error;
    }
  }

  const asSession = <T>(session: S, work: () => Promise<T>, during: During) => {
    const login = logins.get(session);
    if (login === undefined) {
      throw new Error("This session was not opened by this engine.");
    }
    return explaining(during, login, work);
  };
  const { secondPassword, pair, inspect } = engine;
  return {
    ...engine,
    refusal: (username, password) =>
      engine.refusal(username, password) ?? refusedEverywhere(engine, username, password),
    connect,
    ...(secondPassword && {
      secondPassword: {
        discard: (session: S, whyNot?: () => Promise<string | undefined>) =>
          asSession(session, () => secondPassword.discard(session, whyNot), "session"),
      },
    }),
    ...(pair && { pair: carefulPair(pair, asSession) }),
    ...(inspect && {
      inspect: (session: S, as: "user" | "admin") =>
        asSession(session, () => inspect(session, as), as === "admin" ? "admin" : "session"),
    }),
  };
}

function refusedEverywhere(
  { longestPassword }: Product,
  username: string,
  password: string,
): string | undefined {
  if (/\p{Cc}/u.test(username)) {
    return "The user name has a control character, which most clients cannot send: rename the user.";
  }
  return longestPassword !== undefined && password.length > longestPassword
    ? `The database takes no password of more than ${longestPassword} characters: correct PASSWORD_LENGTH.`
    : undefined;
}

function carefulPair<S extends Session>(
  capability: PairCapability<S>,
  asSession: <T>(session: S, work: () => Promise<T>, during: During) => Promise<T>,
): PairCapability<S> {
  return {
    checkedBy: capability.checkedBy,
    exclusively: (admin, pair, work) =>
      asSession(admin, () => capability.exclusively(admin, pair, work), "admin"),
    read: (readers, pair) =>
      "admin" in readers
        ? asSession(readers.admin, () => capability.read(readers, pair), "admin")
        : asSession(readers.pending, () => capability.read(readers, pair), "session"),
    apply: (by, changes, password) =>
      asSession(by.admin, () => capability.apply(by, changes, password), "admin"),
  };
}

/** Turns an error of an engine's method into one that may be logged. */
export function explained<S extends Session>(
  engine: Engine<S>,
  error: unknown,
  during: During,
  login: Login,
): unknown {
  if (error instanceof RotationError || error instanceof ReferenceError) {
    return error; // A ReferenceError is a mistake in this code: no answer of a server causes it.
  }
  if (isFromReading(error)) {
    return protocolViolation(login, error);
  }
  return engine.explain(error, during, login) ?? connectionFailure(login, codeOf(error));
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function assertOwnSession({ username, greetingId, sessionId }: Identity, login: Login): void {
  assertNoPooler(greetingId, sessionId);
  if (username !== login.username) {
    throw new RotationError(
      "wrong-user",
      "The server let the user in under another name.",
      "A map in pg_ident.conf, a grant of PROXY or an account without a name does that: put the user's own name into the " +
        "secret. A user of another name has no password of this one's to rotate.",
    );
  }
}
