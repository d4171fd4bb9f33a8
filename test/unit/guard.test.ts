import {
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
} from "@aws-sdk/client-secrets-manager";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { rotation } from "../../shared/rotation.ts";
import { singleUser } from "../../shared/strategies/single-user.ts";
import { type FakeEngine, fakeEngine } from "./fake-engine.ts";
import { CURRENT_VERSION, givenPending } from "./given.ts";
import { context, STEPS } from "./invoke.ts";
import "./log-lines.ts";
import { api, apiError, calls, inputs, writes } from "./secrets-manager.ts";

vi.mock("node:timers/promises", () => ({ setTimeout: async () => {} }));

const REFUSALS = [
  { why: "rotation is disabled", situation: { RotationEnabled: false }, reason: "rotation-disabled" },
  {
    why: "rotation was never enabled",
    situation: { RotationEnabled: undefined },
    reason: "rotation-disabled",
  },
  { why: "the secret is deleted", situation: { DeletedDate: new Date() }, reason: "secret-deleted" },
  { why: "the token is unknown", situation: { labels: null }, reason: "unknown-token" },
  { why: "the version has no label", situation: { labels: [] }, reason: "not-pending" },
  { why: "the version is AWSPREVIOUS", situation: { labels: ["AWSPREVIOUS"] }, reason: "not-pending" },
  { why: "the version has a label of another's", situation: { labels: ["MINE"] }, reason: "not-pending" },
  {
    why: "rotation is disabled, though the version is AWSCURRENT",
    situation: { RotationEnabled: false, labels: ["AWSCURRENT"] },
    reason: "rotation-disabled",
  },
];

let engine: FakeEngine;
let handler: ReturnType<typeof rotation>;

beforeEach(() => {
  engine = fakeEngine("current-password");
  handler = rotation(engine, singleUser);
});

function givenFailingReads(): void {
  api.on(GetSecretValueCommand).rejects(apiError("AccessDeniedException"));
  api.on(GetRandomPasswordCommand).rejects(apiError("AccessDeniedException"));
}

it("names the secret as one word of the command that restores it", async () => {
  const { event } = givenPending({ DeletedDate: new Date() });
  const SecretId = "it's; echo done";

  const run = handler(event("setSecret", { SecretId }), context());

  await expect(run).rejects.toThrow(/restore-secret --secret-id 'it'\\''s; echo done' \[secret-deleted\]$/);
});

describe.each(STEPS)("the guard of %s", (step) => {
  it.each(REFUSALS)("refuses with $reason when $why", async ({ situation, reason }) => {
    const { event } = givenPending(situation);

    const run = handler(event(step), context());

    await expect(run).rejects.toMatchObject({ name: "RotationError", reason });
    expect(writes()).toEqual([]);
    expect(engine.calls).toEqual([]);
  });

  it.each([{ labels: ["AWSCURRENT"] }, { labels: ["AWSPENDING", "AWSCURRENT"] }])(
    "lets a version with $labels succeed and touches nothing",
    async ({ labels }) => {
      const { event } = givenPending({ labels });

      await handler(event(step), context());

      expect(writes()).toEqual([]);
      expect(engine.calls).toEqual([]);
    },
  );

  it("lets a version that is AWSCURRENT succeed although a read fails", async () => {
    const { event } = givenPending({ labels: ["AWSCURRENT"] });
    givenFailingReads();

    await handler(event(step), context());

    expect(writes()).toEqual([]);
  });

  it.each(REFUSALS)(
    "refuses with its own reason although a read fails: $why",
    async ({ situation, reason }) => {
      const { event } = givenPending(situation);
      givenFailingReads();

      const run = handler(event(step), context());

      await expect(run).rejects.toMatchObject({ reason });
    },
  );

  it("fails with the error of a failed read if the guard does not refuse", async () => {
    const { event } = givenPending();
    givenFailingReads();

    const run = handler(event(step), context());

    await expect(run).rejects.toMatchObject({ reason: "access-denied" });
    expect(writes()).toEqual([]);
    expect(engine.calls).toEqual([]);
  });

  it("reads again if the version is not visible yet, then continues", async () => {
    engine.accepted = "pending-password";
    const { token, event } = givenPending();
    api
      .on(DescribeSecretCommand)
      .resolvesOnce({ RotationEnabled: true, VersionIdsToStages: {} })
      .resolvesOnce({ RotationEnabled: true, VersionIdsToStages: { [token]: [] } })
      .resolves({
        RotationEnabled: true,
        VersionIdsToStages: { [CURRENT_VERSION]: ["AWSCURRENT"], [token]: ["AWSPENDING"] },
      });

    await handler(event(step), context());

    // finishSecret asks once more after it has proved what no testSecret has proved here.
    expect(inputs("DescribeSecret")).toHaveLength(step === "finishSecret" ? 4 : 3);
  });

  it("reads at most five times", async () => {
    const { event } = givenPending({ labels: null });

    const run = handler(event(step), context());

    await expect(run).rejects.toMatchObject({ reason: "unknown-token" });
    expect(inputs("DescribeSecret")).toHaveLength(5);
  });

  it("refuses a secret without any labels with unknown-token", async () => {
    const { token, event } = givenPending();
    api.on(DescribeSecretCommand).resolves({ RotationEnabled: true });

    const run = handler(event(step), context());

    await expect(run).rejects.toMatchObject({
      reason: "unknown-token",
      message: expect.stringContaining(token),
    });
  });

  it.each([
    { name: "ResourceNotFoundException", reason: "unknown-secret" },
    { name: "ThrottlingException", reason: "throttled" },
    { name: "AccessDeniedException", reason: "access-denied" },
  ])("ends with $reason when DescribeSecret ends with $name", async ({ name, reason }) => {
    const { event } = givenPending();
    api.on(DescribeSecretCommand).rejects(apiError(name));

    // In so little time nothing that is throttled is tried again.
    const run = handler(event(step), context(1000));

    await expect(run).rejects.toMatchObject({ reason });
    expect(calls().filter((call) => call === "DescribeSecret")).toHaveLength(1);
    expect(writes()).toEqual([]);
  });
});
