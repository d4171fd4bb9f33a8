import { afterAll, expect, test } from "vitest";
import { startContractServer } from "../contract/postgres-server.ts";
import { createCanary, hearServer, secretsOf } from "../support/canary.ts";
import { serviceFault } from "../support/interception.ts";
import { type Effect, startHarness } from "./harness.ts";
import { dropSubject, newSubject } from "./subject.ts";

await using started = new AsyncDisposableStack();
const server = started.use(await startContractServer({ plainConnections: true }));
const thrown: unknown[] = [];
const harness = started.use(
  await startHarness({
    engine: "postgres",
    strategy: "single-user",
    server,
    onFailure: (error) => thrown.push(error),
  }),
);
const cleanUp = started.move();

afterAll(() => cleanUp.disposeAsync());

const isMove = ({ text }: Effect) => text === "UpdateSecretVersionStage";
/** The commit: the ALTER ROLE before it holds the lock, and is undone with the connection. */
const isChange = ({ text }: Effect) => text.trim() === "COMMIT";

test("reports every call, login and statement twice: before and after it takes effect", async () => {
  const subject = await newSubject(harness);
  const { arn } = subject;
  const seen: Effect[] = [];
  harness.onEffect = (effect) => {
    seen.push(effect);
    return "pass";
  };

  expect(await harness.stack.rotate(arn)).toEqual({ succeeded: true, error: undefined });

  const of = (moment: string) => seen.filter((effect) => effect.moment === moment).map(({ text }) => text);
  expect(of("after").sort()).toEqual(of("before").sort());
  expect(seen.filter(({ kind, moment }) => kind === "login" && moment === "after").length).toBe(2);
  expect(seen.some(isChange)).toBe(true);
  await dropSubject(harness, subject);
});

test("an effect that is cut before it happens does not happen, and one that is cut after it has happened", async () => {
  for (const [moment, happens] of [
    ["before", false],
    ["after", true],
  ] as const) {
    const { username, arn } = await newSubject(harness);
    const before = await server.fingerprint(username);
    let between = "";
    harness.onEffect = async (effect) => {
      if (effect.attempt === 2) between ||= await server.fingerprint(username);
      return isChange(effect) && effect.moment === moment && effect.attempt === 1 ? "cut" : "pass";
    };

    expect((await harness.stack.rotate(arn)).succeeded).toBe(true);

    expect(between !== before).toBe(happens);
  }
});

test("a rotation survives a killed process and an error answer, and nothing leaks", async () => {
  const { arn } = await newSubject(harness);
  harness.onEffect = async (effect) => {
    if (effect.attempt === 1 && isMove(effect) && effect.moment === "before") {
      await harness.kill();
      return "cut";
    }
    return effect.attempt === 2 && isMove(effect) ? serviceFault(500, "InternalServiceError") : "pass";
  };

  expect((await harness.stack.rotate(arn)).succeeded).toBe(true);

  const canary = createCanary();
  canary.hide(...secretsOf(harness, [arn]));
  canary.hear("output", harness.stack.log.join("\n"));
  for (const error of thrown) canary.hearThrown(error);
  await canary.hearCommandLines();
  await hearServer(canary, server);
  expect(canary.leaks()).toEqual([]);
  canary.hear("control", secretsOf(harness, [arn]).join("\n"));
  expect(canary.leaks().length).toBeGreaterThanOrEqual(5);
});

test("fails the attempt with the reason throttled if Secrets Manager throttles longer than a step lasts", async () => {
  await using slow = await startHarness({
    engine: "postgres",
    strategy: "single-user",
    server,
    timeoutSeconds: 10,
    onFailure: (error) => thrown.push(error),
  });
  const { arn } = await newSubject(slow);
  let throttled = 0;
  slow.onEffect = (effect) => {
    if (effect.attempt > 1 || !isMove(effect)) return "pass";
    throttled++;
    return serviceFault(400, "ThrottlingException");
  };
  thrown.length = 0;

  expect((await slow.stack.rotate(arn)).succeeded).toBe(true);

  expect(throttled).toBeGreaterThan(3);
  expect(thrown.map(String)).toEqual([expect.stringContaining("was throttled (ThrottlingException)")]);
});
