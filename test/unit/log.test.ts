import { describe, expect, it, vi } from "vitest";
import { rotation } from "../../shared/rotation.ts";
import { singleUser } from "../../shared/strategies/single-user.ts";
import { fakeEngine } from "./fake-engine.ts";
import { givenPending, givenRotation, value } from "./given.ts";
import { context, SECRET_ID, STEPS } from "./invoke.ts";
import { logLines, logText } from "./log-lines.ts";
import { calls } from "./secrets-manager.ts";

vi.mock("node:timers/promises", () => ({ setTimeout: async () => {} }));

const OUTCOMES = {
  createSecret: "Stored a new password under AWSPENDING",
  setSecret: "Changed the user's password",
  testSecret: "The pending password logs in",
  finishSecret: "Moved AWSCURRENT from version ",
};

describe("the log", () => {
  it("has one line for each step that reports what it did", async () => {
    const { token, event } = givenRotation();
    const handler = rotation(fakeEngine("current-password"), singleUser);

    for (const step of STEPS) {
      await handler(event(step), context());
    }

    expect(logLines()).toMatchObject(
      STEPS.map((step) => ({
        level: "INFO",
        service: "rotation",
        message: expect.stringContaining(OUTCOMES[step]),
        step,
        secret: SECRET_ID,
        token,
        outcome: "succeeded",
        milliseconds: expect.any(Number),
      })),
    );
  });

  it("has one line for a step that fails, with the reason to filter by", async () => {
    const { token, event } = givenPending();

    const run = rotation(fakeEngine("unknown-password"), singleUser)(event("testSecret"), context());

    await expect(run).rejects.toThrow();
    expect(logLines()).toMatchObject([
      {
        level: "ERROR",
        message: expect.stringContaining("The database rejects the password under AWSPENDING."),
        step: "testSecret",
        secret: SECRET_ID,
        token,
        outcome: "failed",
        reason: "login-rejected",
        milliseconds: expect.any(Number),
      },
    ]);
  });

  it.each(STEPS)("reports that %s had nothing to do", async (step) => {
    const { event } = givenPending({ labels: ["AWSCURRENT"] });

    await rotation(fakeEngine(""), singleUser)(event(step), context());

    expect(logLines()).toMatchObject([{ level: "INFO", message: expect.stringContaining("already") }]);
  });

  it("contains no secret of a rotation, whether its steps succeed or fail", async () => {
    const current = value({ apiKey: "current-password-too" });
    const previous = value({ password: "previous-password" });
    const { event } = givenRotation({ current, previous });

    for (const accepted of ["unknown-password", "previous-password"]) {
      const handler = rotation(fakeEngine(accepted), singleUser);
      for (const step of STEPS) {
        await handler(event(step, { RotationToken: "rotation-token" }), context()).catch(() => {});
      }
    }

    expect(calls()).toContain("PutSecretValue");
    expect(logLines().length).toBe(10); // Twice with a warning of the key apiKey.
    expect(logText()).not.toMatch(/(current|random|other|previous)-password|rotation-token/);
  });
});
