import { randomUUID } from "node:crypto";
import { DescribeSecretCommand } from "@aws-sdk/client-secrets-manager";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Session } from "../../shared/engine/engine.ts";
import { type Deadline, deadlineOf } from "../../shared/protocol/deadline.ts";
import { confirmation } from "../../shared/protocol/guard.ts";
import { rotation } from "../../shared/rotation.ts";
import type { StagingLabels } from "../../shared/staging-labels.ts";
import { masterUser } from "../../shared/strategies/master-user.ts";
import { singleUser } from "../../shared/strategies/single-user.ts";
import { fakeEngine, fakeSession } from "./fake-engine.ts";
import { fakeServer, passwordOf, planOf } from "./fake-server.ts";
import { CURRENT_VERSION, givenPending, type Rotation, value } from "./given.ts";
import { givenTurn } from "./given-master.ts";
import { context, SECRET_ID } from "./invoke.ts";
import { logLines } from "./log-lines.ts";
import { api, givenSecret, inputs } from "./secrets-manager.ts";

vi.mock("node:timers/promises", () => ({ setTimeout: async () => {} }));

const NOON = Date.parse("2026-11-30T12:00:00Z");

let deadline: Deadline;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
  deadline = deadlineOf(context());
});

afterEach(() => {
  deadline[Symbol.dispose]();
  vi.useRealTimers();
});

const token = randomUUID();
const event = { Step: "setSecret", SecretId: SECRET_ID, ClientRequestToken: token } as const;
const before: StagingLabels = { [CURRENT_VERSION]: ["AWSCURRENT"], [token]: ["AWSPENDING"] };

/** What DescribeSecret answers from now on. */
function described(
  labels: StagingLabels,
  more: { RotationEnabled?: boolean; DeletedDate?: Date } = {},
): void {
  const VersionIdsToStages = Object.fromEntries(Object.entries(labels).map(([id, own]) => [id, [...own]]));
  api.on(DescribeSecretCommand).resolves({ RotationEnabled: true, VersionIdsToStages, ...more });
}

function asked(): number {
  return inputs("DescribeSecret").length;
}

describe("a confirmation of the labels", () => {
  it.each([0, 1, 999])("makes no call %d ms after the guard started its read", async (milliseconds) => {
    const confirm = confirmation(event, deadline, before, NOON);
    vi.setSystemTime(NOON + milliseconds);

    await confirm();

    expect(asked()).toBe(0);
  });

  it.each([1000, 1001, 86_400_000])("reads the labels again after %d ms", async (milliseconds) => {
    described(before);
    const confirm = confirmation(event, deadline, before, NOON);
    vi.setSystemTime(NOON + milliseconds);

    await confirm();

    expect(asked()).toBe(1);
  });

  it("reads the labels again if the clock was set back: the elapsed time is then unknown", async () => {
    described(before);
    const confirm = confirmation(event, deadline, before, NOON);
    vi.setSystemTime(NOON - 1);

    await confirm();

    expect(asked()).toBe(1);
  });

  it("trusts an answer for one second from the start of the call", async () => {
    described(before);
    const confirm = confirmation(event, deadline, before, NOON);
    vi.setSystemTime(NOON + 5000);
    await confirm();

    vi.setSystemTime(NOON + 5999);
    await confirm();
    const within = asked();
    vi.setSystemTime(NOON + 6000);
    await confirm();

    expect(within).toBe(1);
    expect(asked()).toBe(2);
  });

  it("does not trust an answer that took longer than one second: the process may have been frozen", async () => {
    const confirm = confirmation(event, deadline, before, NOON);
    api.on(DescribeSecretCommand).callsFake(async () => {
      vi.setSystemTime(Date.now() + 3000);
      return { RotationEnabled: true, VersionIdsToStages: before };
    });
    vi.setSystemTime(NOON + 5000);
    await confirm();

    await confirm();

    expect(asked()).toBe(2);
  });

  it("passes if other labels, on which the rotation does not depend, have moved", async () => {
    described({ ...before, another: ["AWSPREVIOUS"], mine: ["MINE"] });
    const confirm = confirmation(event, deadline, before, NOON);
    vi.setSystemTime(NOON + 1000);

    await expect(confirm()).resolves.toBeUndefined();
  });

  const moved: { what: string; labels: StagingLabels; reason: string }[] = [
    {
      what: "AWSCURRENT has moved to a third version",
      labels: { third: ["AWSCURRENT"], [token]: ["AWSPENDING"] },
      reason: "secret-changed",
    },
    { what: "no version has AWSCURRENT", labels: { [token]: ["AWSPENDING"] }, reason: "secret-changed" },
    {
      what: "the version has been promoted",
      labels: { [CURRENT_VERSION]: ["AWSPREVIOUS"], [token]: ["AWSCURRENT"] },
      reason: "secret-changed",
    },
    {
      what: "the version has been promoted, and AWSPENDING has stayed",
      labels: { [CURRENT_VERSION]: ["AWSPREVIOUS"], [token]: ["AWSCURRENT", "AWSPENDING"] },
      reason: "secret-changed",
    },
    {
      what: "the next rotation has finished",
      labels: { next: ["AWSCURRENT"], [CURRENT_VERSION]: ["AWSPREVIOUS"] },
      reason: "unknown-token",
    },
    {
      what: "the version has lost AWSPENDING",
      labels: { [CURRENT_VERSION]: ["AWSCURRENT"], [token]: ["AWSPREVIOUS"] },
      reason: "not-pending",
    },
  ];

  it.each(moved)("throws $reason if $what", async ({ labels, reason }) => {
    described(labels);
    const confirm = confirmation(event, deadline, before, NOON);
    vi.setSystemTime(NOON + 1000);

    await expect(confirm()).rejects.toMatchObject({ reason });
  });

  it.each([
    { what: "the rotation was canceled", more: { RotationEnabled: false }, reason: "rotation-disabled" },
    { what: "the secret was deleted", more: { DeletedDate: new Date() }, reason: "secret-deleted" },
  ])("throws $reason if $what", async ({ more, reason }) => {
    described(before, more);
    const confirm = confirmation(event, deadline, before, NOON);
    vi.setSystemTime(NOON + 1000);

    await expect(confirm()).rejects.toMatchObject({ reason });
  });

  it("throws if Secrets Manager does not answer", async () => {
    api.on(DescribeSecretCommand).rejects(Object.assign(new Error("none"), { code: "ECONNREFUSED" }));
    const confirm = confirmation(event, deadline, before, NOON);
    vi.setSystemTime(NOON + 1000);

    await expect(confirm()).rejects.toMatchObject({ reason: "unreachable" });
  });

  it("throws again on the next call: a failed confirmation is not remembered as passed", async () => {
    described({ third: ["AWSCURRENT"], [token]: ["AWSPENDING"] });
    const confirm = confirmation(event, deadline, before, NOON);
    vi.setSystemTime(NOON + 1000);

    await expect(confirm()).rejects.toMatchObject({ reason: "secret-changed" });
    await expect(confirm()).rejects.toMatchObject({ reason: "secret-changed" });
  });
});

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

    expect(asked()).toBe(2);
    expect(server.users.app_clone).toBe("pending-password");
  });

  it("makes no further change after the next rotation if it was frozen before its second round", async () => {
    const given = givenTurn();
    const server = fakeServer();
    const grant = { statement: "GRANT SELECT TO app_clone", kind: "adds" } as const;
    server.plan.mockReturnValue(planOf([grant, passwordOf("app_clone")], { again: true }));
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
