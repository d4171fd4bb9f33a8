import { createServer, type Server, type Socket } from "node:net";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Identity, Login } from "../../shared/engine/engine.ts";
import type { Wire } from "../../shared/engine/wire.ts";
import { deadlineOf } from "../../shared/protocol/deadline.ts";
import { fakeSession } from "./fake-engine.ts";
import {
  admitting,
  deadline,
  engineOf,
  explain,
  fromServer,
  invocation,
  login,
  ours,
  plaintext,
  wires,
} from "./given-careful.ts";
import { context } from "./invoke.ts";

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
