import { describe, expect, it } from "vitest";
import { rotation } from "../../shared/rotation.ts";
import { singleUser } from "../../shared/strategies/single-user.ts";
import { fakeEngine } from "./fake-engine.ts";
import { CURRENT_VERSION, givenRotation, value } from "./given.ts";
import { context, STEPS } from "./invoke.ts";
import "./log-lines.ts";
import { calls } from "./secrets-manager.ts";

describe("a whole rotation", () => {
  it("makes eleven calls and two logins, and no login is rejected", async () => {
    const engine = fakeEngine("current-password");
    const { token, versions, event } = givenRotation();

    for (const step of STEPS) {
      await rotation(engine, singleUser)(event(step), context());
    }

    expect(calls()).toHaveLength(11);
    expect(versions[token]?.labels).toContain("AWSCURRENT");
    expect(versions[CURRENT_VERSION]?.labels).toEqual(["AWSPREVIOUS"]);
    expect(engine.calls).toEqual([
      "login current-password",
      "change to random-password",
      "close",
      "login random-password",
      "close",
    ]);
  });

  it("ends the same when every step runs twice", async () => {
    const engine = fakeEngine("current-password");
    const { token, versions, event } = givenRotation();

    for (const step of STEPS.flatMap((step) => [step, step])) {
      await rotation(engine, singleUser)(event(step), context());
    }

    expect(versions[token]).toEqual({
      labels: ["AWSPENDING", "AWSCURRENT"],
      value: value({ password: "random-password" }),
    });
    expect(engine.accepted).toBe("random-password");
  });

  it("can be repeated from the first step after it has ended", async () => {
    const engine = fakeEngine("current-password");
    const { versions, event } = givenRotation();
    for (const step of STEPS) {
      await rotation(engine, singleUser)(event(step), context());
    }
    const after = structuredClone(versions);

    for (const step of STEPS) {
      await rotation(engine, singleUser)(event(step), context());
    }

    expect(versions).toEqual(after);
    expect(engine.calls).toHaveLength(5);
  });

  it("accepts the other names of its engine", async () => {
    const engine = fakeEngine("current-password");
    const { token, versions, event } = givenRotation({ current: value({ engine: "aurora-fake" }) });

    for (const step of STEPS) {
      await rotation(engine, singleUser)(event(step), context());
    }

    expect(versions[token]?.value).toBe(value({ engine: "aurora-fake", password: "random-password" }));
  });
});
