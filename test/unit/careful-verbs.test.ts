import { describe, expect, it } from "vitest";
import type { careful } from "../../shared/engine/careful-engine.ts";
import type { OwnRotation, Session } from "../../shared/engine/engine.ts";
import type { Pair } from "../../shared/engine/pair.ts";
import { fakePair, fakeSession } from "./fake-engine.ts";
import {
  admitting,
  engineOf,
  explain,
  explained,
  fromServer,
  invocation,
  login,
  ours,
} from "./given-careful.ts";

const pair: Pair = { current: "app", alternate: "app_clone", clone: "alternate" };
const rotation: OwnRotation = { confirm: async () => {}, abandoned: async () => [] };

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
