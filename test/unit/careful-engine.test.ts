import { createServer, type Server, type Socket } from "node:net";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { careful } from "../../shared/engine/careful-engine.ts";
import type {
  Engine,
  Identity,
  Invocation,
  Login,
  OwnRotation,
  Session,
} from "../../shared/engine/engine.ts";
import type { Pair } from "../../shared/engine/pair.ts";
import type { Wire } from "../../shared/engine/wire.ts";
import { type Deadline, deadlineOf } from "../../shared/protocol/deadline.ts";
import { RotationError } from "../../shared/report/errors.ts";
import { readSettings } from "../../shared/secret/settings.ts";
import { fakeEngine, fakePair, fakeSession } from "./fake-engine.ts";
import { context } from "./invoke.ts";

const login: Login = {
  host: "db.example",
  port: 5432,
  database: "orders",
  username: "app",
  password: "current-password",
  tls: { serverName: undefined },
};
const plaintext: Login = { ...login, tls: false };
const pair: Pair = { current: "app", alternate: "app_clone", clone: "alternate" };
const rotation: OwnRotation = { confirm: async () => {}, abandoned: async () => [] };

const ours = new RotationError("account-locked", "It is locked.", "Unlock it.");
const explained = new RotationError("missing-privilege", "It may not.", "GRANT it.");
const fromServer = Object.assign(new Error("current-password"), { code: "42501" });

const explain = vi.fn<Engine["explain"]>();

let deadline: Deadline;
let wires: Wire[];

beforeEach(() => {
  explain.mockReset().mockReturnValue(explained);
  wires = [];
  deadline = deadlineOf(context());
  return () => deadline[Symbol.dispose]();
});

function invocation(environment: Record<string, string> = {}): Invocation {
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  return { deadline, settings: readSettings(environment), log };
}

/** An engine whose `connect` does this with the login, and has nothing else that a test does not give. */
function engineOf(
  connect: (login: Login, wire: Wire) => Promise<Session | undefined>,
  more: Partial<Engine> = {},
) {
  const engine = fakeEngine("", {
    explain,
    connect: (given, _invocation, wire) => {
      wires.push(wire);
      return connect(given, wire);
    },
    ...more,
  });
  return careful(engine);
}

const admitting = async (given: Login) => fakeSession(given, {});

describe("connect of a careful engine", () => {
  it("passes on the login and the session", async () => {
    const session = fakeSession(login, {});
    const connect = vi.fn(async () => session);

    const opened = await engineOf(connect).connect(login, invocation());

    expect(opened).toBe(session);
    expect(connect).toHaveBeenCalledWith(login, wires[0]);
    expect(wires[0]?.socket.destroyed).toBe(false);
  });

  it("passes on the rejection of the password, and closes the socket", async () => {
    const opened = await engineOf(async () => undefined).connect(login, invocation());

    expect(opened).toBeUndefined();
    expect(wires.map(({ socket }) => socket.destroyed)).toEqual([true]);
  });

  it.each([
    "orders.proxy-abcdefghijkl.eu-central-1.rds.amazonaws.com",
    "reader.endpoint.proxy-abcdefghijkl.eu-central-1.rds.amazonaws.com",
    "ORDERS.PROXY-ABCDEFGHIJKL.EU-CENTRAL-1.RDS.AMAZONAWS.COM",
    "orders.proxy-abcdefghijkl.cn-north-1.rds.amazonaws.com.cn",
    "orders.proxy-abcdefghijkl.eu-central-1.rds.amazonaws.com.",
  ])("is refused for the RDS Proxy %s, before the engine is asked", async (host) => {
    const connect = vi.fn(admitting);

    const run = engineOf(connect).connect({ ...login, host }, invocation());

    await expect(run).rejects.toMatchObject({
      reason: "unsupported",
      message: expect.stringContaining("RDS Proxy"),
    });
    expect(connect).not.toHaveBeenCalled();
  });

  it.each([
    "orders.abcdefghijkl.eu-central-1.rds.amazonaws.com",
    "orders.cluster-abcdefghijkl.eu-central-1.rds.amazonaws.com",
    "orders.proxy-abcdefghijkl.example",
  ])("is not refused for %s", async (host) => {
    const run = engineOf(admitting).connect({ ...login, host }, invocation());

    await expect(run).resolves.toBeDefined();
  });

  it("gives a login four fifths of the time that is left", async () => {
    using short = deadlineOf(context(2000));
    const engine = engineOf(admitting);

    await engine.connect(login, invocation());
    await engine.connect(login, { ...invocation(), deadline: short });

    expect(wires[0]?.timeout).toBeGreaterThan(5000);
    expect(wires[1]?.timeout).toBeLessThanOrEqual(1440);
  });

  it("lets the engine connect without TLS only if the secret has ssl: false", async () => {
    await engineOf(admitting).connect(plaintext, invocation());

    expect(wires[0]?.tls).toBe(false);
  });

  it("fails with the reason tls if the CA file cannot be read", async () => {
    const engine = engineOf(async (given, wire) => {
      expect(wire.tls).toBeDefined();
      return fakeSession(given, {});
    });

    const run = engine.connect(login, invocation({ DATABASE_CA_FILE: "/does/not/exist.pem" }));

    await expect(run).rejects.toMatchObject({ reason: "tls" });
    expect(explain).not.toHaveBeenCalled();
  });

  it("opens a socket that closes at the end of the step", async () => {
    await engineOf(admitting).connect(login, invocation());

    deadline[Symbol.dispose]();
    await vi.waitUntil(() => wires[0]?.socket.destroyed);

    expect(wires[0]?.socket.destroyed).toBe(true);
  });
});

describe("a login is refused, and its socket closed,", () => {
  const numbers = (identity: Partial<Identity>) => ({ username: "app", ...identity });

  it.each([
    { what: "two numbers of the session", identity: numbers({ greetingId: 1, sessionId: 2 }) },
    { what: "a number in the greeting alone", identity: numbers({ greetingId: 1 }) },
    { what: "a number in the answer alone", identity: numbers({ sessionId: 1 }) },
  ])("if a pooler answers, which shows by $what", async ({ identity }) => {
    const run = engineOf(async () => fakeSession(login, { identity })).connect(login, invocation());

    await expect(run).rejects.toMatchObject({
      reason: "unsupported",
      message: expect.stringContaining("pooler"),
    });
    expect(wires[0]?.socket.destroyed).toBe(true);
  });

  it.each([numbers({}), numbers({ greetingId: 7, sessionId: 7 }), numbers({ greetingId: 0, sessionId: 0 })])(
    "but not if the process ids come from one server: %o",
    async (identity) => {
      const run = engineOf(async () => fakeSession(login, { identity })).connect(login, invocation());

      await expect(run).resolves.toBeDefined();
      expect(wires[0]?.socket.destroyed).toBe(false);
    },
  );

  it.each(["APP", "app ", "postgres", ""])("if the server logs the user in as %j", async (username) => {
    const run = engineOf(async () => fakeSession({ username }, {})).connect(login, invocation());

    await expect(run).rejects.toMatchObject({ reason: "wrong-user" });
    expect(wires[0]?.socket.destroyed).toBe(true);
  });

  it.each([
    { what: "an error of the server", thrown: fromServer },
    { what: "an error of the function", thrown: ours },
    { what: "a bug", thrown: new ReferenceError("x is not defined") },
    { what: "nonsense", thrown: new RangeError("Invalid array length") },
  ])("if connect throws $what", async ({ thrown }) => {
    const run = engineOf(() => Promise.reject(thrown)).connect(login, invocation());

    await expect(run).rejects.toThrow();
    expect(wires[0]?.socket.destroyed).toBe(true);
  });
});

describe("a driver that reads from the socket", () => {
  let server: Server;
  const inside = new Set<Socket>();

  beforeAll(async () => {
    server = createServer((socket) => {
      inside.add(socket);
      socket.on("error", () => {});
      socket.write("hello");
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  });
  afterAll(() => {
    for (const socket of inside) socket.destroy();
    server.close();
  });

  /** Reads one chunk, after the driver has done this with the wire. */
  const reading = (hand: (wire: Wire) => void) => async (given: Login, wire: Wire) => {
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const heard = new Promise((resolve) => wire.socket.once("data", resolve));
    hand(wire);
    wire.socket.connect(port ?? 0, "127.0.0.1");
    await heard;
    return fakeSession(given, {});
  };

  it.each([
    { what: "nothing", given: login, hand: () => {} },
    { what: "nothing, without TLS", given: plaintext, hand: () => {} },
    {
      what: "the socket below its TLS stream alone",
      given: login,
      hand: (wire: Wire) => wire.bound(wire.socket),
    },
  ])("is refused if it gave $what to bound", async ({ given, hand }) => {
    const run = engineOf(reading(hand)).connect(given, invocation());

    await expect(run).rejects.toThrow("wire.bound()");
    expect(wires[0]?.socket.destroyed).toBe(true);
  });

  it.each([
    { what: "the socket, without TLS", given: plaintext, hand: (wire: Wire) => wire.bound(wire.socket) },
    { what: "its TLS stream", given: login, hand: (wire: Wire) => wire.bound(new PassThrough()) },
  ])("is accepted if it gave $what to bound", async ({ given, hand }) => {
    const run = engineOf(reading(hand)).connect(given, invocation());

    await expect(run).resolves.toBeDefined();
  });

  it("reads at most 32 MiB through bound, then fails the login", async () => {
    const flooded = engineOf(async (_given, wire) => {
      const ended = new Promise<Error>((resolve) => wire.socket.once("error", resolve));
      wire.socket.on("data", () => {});
      wire.bound(wire.socket);
      const address = server.address();
      wire.socket.connect(typeof address === "object" ? (address?.port ?? 0) : 0, "127.0.0.1");
      await new Promise((connected) => wire.socket.once("connect", connected));
      const chunk = Buffer.alloc(1024 * 1024);
      for (const socket of inside) for (let sent = 0; sent < 40; sent++) socket.write(chunk);
      throw await ended;
    });
    explain.mockReturnValue(undefined);

    const run = flooded.connect(plaintext, invocation());

    await expect(run).rejects.toMatchObject({
      reason: "database",
      message: expect.stringContaining("does not speak the protocol of this database"),
    });
  });
});

/** Every verb that talks to a server, and for which the engine is asked what an error means. */
const VERBS: { verb: string; during: string; call(thrown: unknown): Promise<unknown> }[] = [
  {
    verb: "connect",
    during: "login",
    call: (thrown) => engineOf(() => Promise.reject(thrown)).connect(login, invocation()),
  },
  {
    verb: "changeOwnPassword",
    during: "session",
    async call(thrown) {
      const changeOwnPassword = () => Promise.reject(thrown);
      const engine = engineOf(async (given) => fakeSession(given, { changeOwnPassword }));
      const session = await engine.connect(login, invocation());
      return await session?.changeOwnPassword("pending-password", rotation);
    },
  },
  {
    verb: "discard",
    during: "session",
    async call(thrown) {
      const secondPassword = { discard: () => Promise.reject(thrown) };
      const engine = engineOf(admitting, { secondPassword });
      return await engine.secondPassword?.discard(await opened(engine));
    },
  },
  ...(["exclusively", "read", "apply"] as const).map((verb) => ({
    verb,
    during: "admin",
    async call(thrown: unknown) {
      const engine = engineOf(admitting, { pair: fakePair({ [verb]: () => Promise.reject(thrown) }) });
      const by = { admin: await opened(engine), current: await opened(engine) };
      const calls = {
        exclusively: () => engine.pair?.exclusively(by.admin, pair, async () => {}),
        read: () => engine.pair?.read(by, pair),
        apply: () => engine.pair?.apply(by, [], "pending-password"),
      };
      return await calls[verb]();
    },
  })),
  {
    verb: "read by the users",
    during: "session",
    async call(thrown) {
      const engine = engineOf(admitting, { pair: fakePair({ read: () => Promise.reject(thrown) }) });
      const pending = await opened(engine);
      return await engine.pair?.read({ pending, openCurrent: async () => pending }, pair);
    },
  },
];

async function opened(engine: ReturnType<typeof careful>): Promise<Session> {
  const session = await engine.connect(login, invocation());
  if (session === undefined) {
    throw new Error("The engine of this test lets everyone in.");
  }
  return session;
}

describe.each(VERBS)("an error of $verb", ({ call, during }) => {
  it("is explained by the engine, which gets the verb and the login", async () => {
    await expect(call(fromServer)).rejects.toBe(explained);

    expect(explain).toHaveBeenCalledExactlyOnceWith(fromServer, during, login);
  });

  it("is reported as a lost connection, with its code and without its text, if the engine does not explain it", async () => {
    explain.mockReturnValue(undefined);

    const run = call(Object.assign(new Error("current-password"), { code: "ECONNRESET" }));

    await expect(run).rejects.toMatchObject({
      reason: "unreachable",
      message: expect.stringMatching(/db\.example:5432 cannot be reached \(ECONNRESET\)/),
    });
    await expect(run).rejects.toThrow(/^(?!.*current-password)/);
  });

  it.each(["a text", undefined, { code: 7 }, Object.assign(new Error("none"), { code: 7 })])(
    "is reported as a closed connection if it has no code: %o",
    async (thrown) => {
      explain.mockReturnValue(undefined);

      await expect(call(thrown)).rejects.toMatchObject({
        reason: "unreachable",
        message: expect.stringContaining("the connection was closed"),
      });
    },
  );

  it("is passed on unchanged if it is a RotationError, without asking the engine", async () => {
    await expect(call(ours)).rejects.toBe(ours);

    expect(explain).not.toHaveBeenCalled();
  });

  it("is passed on unchanged if it is a bug of the code", async () => {
    const bug = new ReferenceError("x is not defined");

    await expect(call(bug)).rejects.toBe(bug);

    expect(explain).not.toHaveBeenCalled();
  });

  it.each([new TypeError("current-password"), new RangeError("current-password"), new SyntaxError("x")])(
    "is reported as an invalid answer of the server if it is a %s, without asking the engine",
    async (thrown) => {
      const run = call(thrown);

      await expect(run).rejects.toMatchObject({
        reason: "database",
        message: expect.stringContaining("does not speak the protocol of this database"),
      });
      await expect(run).rejects.toThrow(/^(?!.*current-password)/);
      expect(explain).not.toHaveBeenCalled();
    },
  );
});

describe("the verbs of a careful engine", () => {
  it("pass on their arguments and results", async () => {
    const view = { ownership: {}, differences: [], unseen: [] };
    const given: Record<string, unknown[]> = {};
    const noting =
      (verb: string, returned: unknown) =>
      async (...all: unknown[]): Promise<never> => {
        given[verb] = all;
        return returned as never; // Each verb has a result of another type.
      };
    const engine = engineOf(
      async (who) => fakeSession(who, { changeOwnPassword: noting("change", "already") }),
      {
        secondPassword: { discard: noting("discard", "It may not.") },
        pair: fakePair({ checkedBy: "admin", read: noting("read", view), apply: noting("apply", undefined) }),
      },
    );
    const [admin, current] = [await opened(engine), await opened(engine)];
    const whyNot = async () => undefined;
    const changes = [{ statement: "GRANT a", kind: "adds" } as const];

    expect(await admin.changeOwnPassword("pending-password", rotation)).toBe("already");
    expect(await engine.secondPassword?.discard(admin, whyNot)).toBe("It may not.");
    expect(await engine.pair?.exclusively(admin, pair, async () => "of the work")).toBe("of the work");
    expect(await engine.pair?.read({ admin, current }, pair)).toBe(view);
    await engine.pair?.apply({ admin, current }, changes, "pending-password");

    expect(engine.pair?.checkedBy).toBe("admin");
    expect(given).toEqual({
      change: ["pending-password", rotation],
      discard: [admin, whyNot],
      read: [{ admin, current }, pair],
      apply: [{ admin, current }, changes, "pending-password"],
    });
  });

  it("are missing if the engine does not have them", () => {
    const engine = engineOf(admitting);

    expect(engine).not.toHaveProperty("secondPassword");
    expect(engine).not.toHaveProperty("pair");
  });

  it("refuse a session that was opened elsewhere: its login is unknown", () => {
    const engine = engineOf(admitting, { pair: fakePair({}) });

    const run = () => engine.pair?.exclusively(fakeSession(login, {}), pair, async () => "done");

    expect(run).toThrow("not opened by this engine");
  });

  it("pass on a RotationError that the work inside the lock throws", async () => {
    const engine = engineOf(admitting, { pair: fakePair({}) });

    const run = engine.pair?.exclusively(await opened(engine), pair, () => Promise.reject(ours));

    await expect(run).rejects.toBe(ours);
  });
});
