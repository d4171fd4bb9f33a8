import { DescribeSecretCommand } from "@aws-sdk/client-secrets-manager";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Session } from "../../shared/engine/engine.ts";
import { rotation } from "../../shared/rotation.ts";
import { masterUser } from "../../shared/strategies/master-user.ts";
import { singleUser } from "../../shared/strategies/single-user.ts";
import { fakeEngine, fakeSession } from "./fake-engine.ts";
import { fakeServer, passwordOf, planOf } from "./fake-server.ts";
import { CURRENT_VERSION, givenPending, type Rotation, value } from "./given.ts";
import { givenTurn } from "./given-master.ts";
import { context } from "./invoke.ts";
import { logLines } from "./log-lines.ts";
import { api, givenSecret, inputs } from "./secrets-manager.ts";

vi.mock("node:timers/promises", () => ({ setTimeout: async () => {} }));

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-11-30T12:00:00Z") }));

afterEach(() => void vi.useRealTimers());

/** The versions after this rotation was abandoned and another one has finished. */
function afterAnotherRotation({ versions }: Rotation): void {
  const { [CURRENT_VERSION]: current } = versions;
  givenSecret(
    {
      [CURRENT_VERSION]: { ...current, labels: ["AWSPREVIOUS"] },
      next: { labels: ["AWSCURRENT"], value: value({ password: "next-password" }) },
    },
    { RotationEnabled: true },
  );
}

/** The versions after a run at the same time has finished this rotation. */
function afterPromotion(given: Rotation): void {
  Object.assign(given.versions[CURRENT_VERSION] ?? {}, { labels: ["AWSPREVIOUS"] });
  Object.assign(given.versions[given.token] ?? {}, { labels: ["AWSCURRENT", "AWSPENDING"] });
}

describe("setSecret that was frozen while it waited for the lock of the database", () => {
  /** Waits a day for the lock, while this happens. */
  const day = (meanwhile: () => void) => async () => {
    vi.setSystemTime(Date.now() + 86_400_000);
    meanwhile();
  };

  /** An engine whose changeOwnPassword waits for a lock. */
  function locked(meanwhile: () => void) {
    const changed: string[] = [];
    const engine = fakeEngine("", {
      connect: async (login): Promise<Session> =>
        fakeSession(login, {
          async changeOwnPassword(next, { confirm }) {
            await day(meanwhile)();
            await confirm();
            changed.push(next);
            return "ended";
          },
          [Symbol.asyncDispose]: async () => {},
        }),
    });
    return { changed, handler: rotation(engine, singleUser) };
  }

  it("changes no password of a single user after the next rotation", async () => {
    const given = givenPending();
    const { changed, handler } = locked(() => afterAnotherRotation(given));

    const run = handler(given.event("setSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "unknown-token" });
    expect(changed).toEqual([]);
  });

  it("changes no alternate user after the next rotation", async () => {
    const given = givenTurn();
    const server = fakeServer({ app_clone: "next-password" });
    server.onLock.mockImplementation(day(() => afterAnotherRotation(given)));

    const run = rotation(server, masterUser)(given.event("setSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "unknown-token" });
    expect(server.users.app_clone).toBe("next-password");
    expect(server.pair.read).not.toHaveBeenCalled();
    expect(server.pair.apply).not.toHaveBeenCalled();
  });

  it.each(["single", "master"])(
    "succeeds with %s user if the version is current already",
    async (strategy) => {
      const given = strategy === "single" ? givenPending() : givenTurn();
      const server = fakeServer();
      server.onLock.mockImplementation(day(() => afterPromotion(given)));
      const { changed, handler } = locked(() => afterPromotion(given));
      const run = strategy === "single" ? handler : rotation(server, masterUser);

      await run(given.event("setSecret"), context());

      expect(logLines()).toMatchObject([
        { outcome: "succeeded", message: "The version is AWSCURRENT already: nothing to do" },
      ]);
      expect(changed).toEqual([]);
      expect(server.pair.apply).not.toHaveBeenCalled();
      expect([...server.inside]).toEqual([]);
    },
  );

  it("goes on if the rotation is still pending, after one more call", async () => {
    const given = givenTurn();
    const server = fakeServer();
    server.onLock.mockImplementationOnce(day(() => {}));

    await rotation(server, masterUser)(given.event("setSecret"), context());

    expect(inputs("DescribeSecret")).toHaveLength(2);
    expect(server.users.app_clone).toBe("pending-password");
  });

  it("makes no further change after the next rotation if it was frozen before its second round", async () => {
    const given = givenTurn();
    const server = fakeServer();
    const grant = { statement: "GRANT SELECT TO app_clone", kind: "adds" } as const;
    server.plan.mockReturnValue(planOf([grant, passwordOf("app_clone")], { replan: true }));
    server.onLock
      .mockImplementationOnce(async () => {})
      .mockImplementationOnce(day(() => afterAnotherRotation(given)));

    const run = rotation(server, masterUser)(given.event("setSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "unknown-token" });
    expect(server.pair.apply).toHaveBeenCalledOnce();
    expect(server.users.app_clone).not.toBe("pending-password");
  });
});

it("setSecret that was frozen before the guard's answer reads the labels again: the second counts from the call", async () => {
  const given = givenTurn();
  const server = fakeServer({ app_clone: "next-password" });
  const VersionIdsToStages = { [CURRENT_VERSION]: ["AWSCURRENT"], [given.token]: ["AWSPENDING"] };
  api
    .on(DescribeSecretCommand)
    .callsFakeOnce(async () => {
      vi.setSystemTime(Date.now() + 86_400_000);
      return { RotationEnabled: true, VersionIdsToStages };
    })
    .resolves({ RotationEnabled: true, VersionIdsToStages: { next: ["AWSCURRENT"] } });

  const run = rotation(server, masterUser)(given.event("setSecret"), context());

  await expect(run).rejects.toMatchObject({ reason: "unknown-token" });
  expect(server.pair.apply).not.toHaveBeenCalled();
});
