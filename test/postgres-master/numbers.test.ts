import { setImmediate as turn } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { observeCalls } from "../support/calls.ts";
import { startDrivenStack } from "../support/driven.ts";
import { startDatabase } from "../support/fixture.ts";
import { newTwins, openCurrent, rotated, startMasterStack, warnings } from "./twins.ts";

await using started = new AsyncDisposableStack();
const database = started.use(await startDatabase());
const stack = started.use(await startMasterStack(database));
const cleanUp = started.move();
const fixture = { database, stack };

afterAll(() => cleanUp.disposeAsync());

test("V2 a rotation costs 12 calls at most, none of which fails, and 3 logins, none of which is rejected", async () => {
  const twins = await newTwins(fixture);
  const users = [twins.username, twins.clone, twins.master.username];

  for (let rotation = 1; rotation <= 3; rotation++) {
    using calls = observeCalls(stack);
    await rotated(fixture, twins);

    expect(calls.all.length).toBeLessThanOrEqual(12);
    expect(calls.failed).toEqual([]);
    expect(calls.writes()).toEqual(["PutSecretValue", "UpdateSecretVersionStage"]);
    const logins = await Promise.all(users.map((user) => database.logins(user)));
    expect(logins.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(3 * rotation);
    expect(logins.filter(({ rejected }) => rejected > 0)).toEqual([]);
  }
  expect(warnings(stack, twins)).toEqual([]);
});

test("finishSecret in a process of its own costs 5 calls and one login: it proves again what testSecret has proved", async () => {
  const driven = await startDrivenStack(database, { bundle: "postgres-master-user" });
  await using ownStack = driven.stack;
  const twins = await newTwins({ database, stack: ownStack });
  const token = await driven.stage(twins.arn);
  for (const step of ["createSecret", "setSecret", "testSecret"] as const)
    await driven.invoke(step, twins.arn, token);
  await ownStack.rotationFunction.kill();
  const before = await database.logins(twins.clone);
  using calls = observeCalls(ownStack);

  await driven.invoke("finishSecret", twins.arn, token);

  expect([...calls.all].sort()).toEqual([
    "DescribeSecret",
    "DescribeSecret",
    "GetSecretValue",
    "GetSecretValue",
    "UpdateSecretVersionStage",
  ]);
  expect(await database.logins(twins.clone)).toEqual({ ...before, accepted: before.accepted + 1 });
});

test("P1 at every instant of three rotations AWSCURRENT logs in", async () => {
  const twins = await newTwins(fixture);
  let rotating = true;
  const seen = new Map<string, number>();
  const probe = (async () => {
    while (rotating) {
      // Whoever has read AWSCURRENT logs in with it a moment later, when it may be AWSPREVIOUS.
      await using session = await openCurrent(fixture, twins);
      const { rows } = await session.query("SELECT session_user AS login");
      seen.set(rows[0].login, (seen.get(rows[0].login) ?? 0) + 1);
      await turn();
    }
  })();

  try {
    for (let rotation = 1; rotation <= 3; rotation++) await rotated(fixture, twins);
  } finally {
    rotating = false;
  }

  await probe;
  expect([...seen.keys()].sort()).toEqual([twins.username, twins.clone]);
});
