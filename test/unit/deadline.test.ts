import { DescribeSecretCommand, UpdateSecretVersionStageCommand } from "@aws-sdk/client-secrets-manager";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Deadline, deadlineOf } from "../../shared/protocol/deadline.ts";
import { rotation } from "../../shared/rotation.ts";
import { singleUser } from "../../shared/strategies/single-user.ts";
import { fakeEngine } from "./fake-engine.ts";
import { givenPending } from "./given.ts";
import { context, STEPS } from "./invoke.ts";
import { logLines } from "./log-lines.ts";
import { api, inputs } from "./secrets-manager.ts";

const never = () => new Promise<never>(() => {});

describe("a step that waits", () => {
  it.each(["setSecret", "testSecret"] as const)("fails in %s before Lambda ends it", async (step) => {
    vi.useFakeTimers();
    const { event } = givenPending();
    const engine = fakeEngine("", { connect: never });

    const run = rotation(engine, singleUser)(event(step), context(30_000));
    const thrown = run.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(29_999);
    vi.useRealTimers();

    expect(await thrown).toMatchObject({
      reason: "deadline",
      message: expect.stringMatching(/timed out after 30 s\. .* raise the function's timeout only/),
    });
    expect(logLines()).toMatchObject([{ outcome: "failed", reason: "deadline" }]);
  });

  it.each(STEPS)("fails in %s if Secrets Manager does not answer", async (step) => {
    const { event } = givenPending();
    api.on(DescribeSecretCommand).callsFake(never);

    const run = rotation(fakeEngine(""), singleUser)(event(step), context(50));

    await expect(run).rejects.toMatchObject({ reason: "deadline" });
  });

  it("fails when a move of AWSCURRENT is not answered", async () => {
    const { event } = givenPending();
    api.on(UpdateSecretVersionStageCommand).callsFake(never);

    const run = rotation(fakeEngine("pending-password"), singleUser)(event("finishSecret"), context(50));

    await expect(run).rejects.toMatchObject({ reason: "deadline" });
  });

  it("stops looking for a version that is not visible", async () => {
    const { event } = givenPending({ labels: null });

    const run = rotation(fakeEngine(""), singleUser)(event("setSecret"), context(50));

    await expect(run).rejects.toMatchObject({ reason: "deadline" });
    expect(inputs("DescribeSecret")).toHaveLength(1);
  });

  it("stops the work of the engine when the step ends", async () => {
    const { event } = givenPending();
    const deadlines: Deadline[] = [];
    const engine = fakeEngine("pending-password");
    const { connect } = engine;
    engine.connect = (login, invocation, wire) => {
      deadlines.push(invocation.deadline);
      return connect(login, invocation, wire);
    };

    await rotation(engine, singleUser)(event("testSecret"), context());

    expect(deadlines.map(({ signal }) => signal.aborted)).toEqual([true]);
  });

  it("passes an abort signal to every call to Secrets Manager", async () => {
    const { event } = givenPending();
    const handler = rotation(fakeEngine("pending-password"), singleUser);

    for (const step of STEPS) {
      await handler(event(step), context());
    }

    const calls = api.calls();
    expect(calls).toHaveLength(12);
    for (const { args } of calls) {
      expect(args).toMatchObject([{}, { abortSignal: { aborted: true } }]);
    }
  });
});

describe("a deadline", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    { given: 300_000, left: 299_000 },
    { given: 10_000, left: 9000 },
    { given: 1000, left: 900 },
    { given: 0, left: 1 },
    { given: -5, left: 1 },
  ])("leaves of $given ms $left to the step, the rest to Lambda", ({ given, left }) => {
    using deadline = deadlineOf(context(given));

    expect(deadline.remaining()).toBe(left);
  });

  it("counts down, and never to 0, which drivers read as no limit", () => {
    using deadline = deadlineOf(context(1000));

    vi.advanceTimersByTime(400);
    const later = deadline.remaining();
    vi.advanceTimersByTime(10_000);

    expect(later).toBe(500);
    expect(deadline.remaining()).toBe(1);
  });

  it("passes on the result of a promise that settles in time", async () => {
    using deadline = deadlineOf(context(1000));

    await expect(deadline.bound(Promise.resolve("done"))).resolves.toBe("done");
    await expect(deadline.bound(Promise.reject(new Error("failed")))).rejects.toThrow("failed");
    expect(deadline.signal.aborted).toBe(false);
  });

  it("aborts and rejects when the time is up, not before", async () => {
    using deadline = deadlineOf(context(2000));
    const outcome = vi.fn();
    const run = deadline.bound(never()).catch(outcome);

    await vi.advanceTimersByTimeAsync(1799);
    const before = [outcome.mock.calls.length, deadline.signal.aborted];
    await vi.advanceTimersByTimeAsync(2);
    await run;

    expect(before).toEqual([0, false]);
    expect(outcome).toHaveBeenCalledWith(expect.objectContaining({ reason: "deadline" }));
    expect(deadline.signal.aborted).toBe(true);
  });

  it("rejects with its own reason even if the aborted work fails first", async () => {
    using deadline = deadlineOf(context(1000));
    const aborted = new Promise<never>((_resolve, reject) => {
      deadline.signal.addEventListener("abort", () => reject(new Error("aborted")));
    });
    const outcome = deadline.bound(aborted).catch((error: unknown) => error);

    await vi.advanceTimersByTimeAsync(1000);

    expect(await outcome).toMatchObject({ reason: "deadline" });
  });

  it("leaves no timer behind", () => {
    const deadline = deadlineOf(context());

    deadline[Symbol.dispose]();

    expect(vi.getTimerCount()).toBe(0);
    expect(deadline.signal.aborted).toBe(true);
  });
});
