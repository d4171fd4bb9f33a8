import { randomUUID } from "node:crypto";
import { DescribeSecretCommand } from "@aws-sdk/client-secrets-manager";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Deadline, deadlineOf } from "../../shared/protocol/deadline.ts";
import { confirmation } from "../../shared/protocol/guard.ts";
import type { StagingLabels } from "../../shared/staging-labels.ts";
import { CURRENT_VERSION } from "./given.ts";
import { context, SECRET_ID } from "./invoke.ts";
import { api, inputs } from "./secrets-manager.ts";

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

/** Sets the answer of DescribeSecret. */
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
