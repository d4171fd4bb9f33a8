import { setImmediate as turn } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { observeCalls } from "../support/calls.ts";
import { startDatabase } from "../support/fixture.ts";
import { startStepwiseStack } from "../support/stepwise-stack.ts";
import { newPair, openCurrent, rotated, startMasterStack, warnings } from "./pairs.ts";

await using started = new AsyncDisposableStack();
const database = started.use(await startDatabase());
const stack = started.use(await startMasterStack(database));
const cleanUp = started.move();
const fixture = { database, stack };

afterAll(() => cleanUp.disposeAsync());

test("V2 a rotation costs 12 calls at most, none of which fails, and 3 logins, none of which is rejected", async () => {
  const users = await newPair(fixture);
  const names = [users.username, users.clone, users.master.username];

  for (let rotation = 1; rotation <= 3; rotation++) {
    using calls = observeCalls(stack);
    await rotated(fixture, users);

    expect(calls.all.length).toBeLessThanOrEqual(12);
    expect(calls.failed).toEqual([]);
    expect(calls.writes()).toEqual(["PutSecretValue", "UpdateSecretVersionStage"]);
    const logins = await Promise.all(names.map((user) => database.logins(user)));
    expect(logins.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(3 * rotation);
    expect(logins.filter(({ rejected }) => rejected > 0)).toEqual([]);
  }
  expect(warnings(stack, users)).toEqual([]);
});

test("R1 the first rotation takes at most 14 messages of SQL, each other one at most 10", async () => {
  const users = await newPair(fixture);
  const names = [users.username, users.clone, users.master.username];
  await database.server.query("ALTER DATABASE postgres SET log_statement TO 'all'");

  const counts: number[] = [];
  for (let rotation = 1; rotation <= 4; rotation++) {
    const before = (await database.server.log()).length;
    await rotated(fixture, users);
    // Each message of the simple protocol is one line of the log, however many statements it has.
    const lines = (await database.server.log()).slice(before).split("\n");
    const ours = lines.filter((line) => names.includes(line.split("\t")[1] ?? ""));
    counts.push(ours.filter((line) => line.includes("LOG:  statement: ")).length);
  }

  await database.server.query("ALTER DATABASE postgres RESET log_statement");
  expect(counts[0]).toBeLessThanOrEqual(14);
  for (const count of counts.slice(1)) expect(count).toBeLessThanOrEqual(10);
  expect(Math.min(...counts)).toBeGreaterThan(5);
});

test("a pair with 5,000 objects is rotated like any other", async () => {
  const users = await newPair(fixture);
  await database.server.query(`CREATE SCHEMA many AUTHORIZATION ${users.username}`);
  await database.server.query(
    `SET ROLE ${users.username}; DO $$ BEGIN FOR i IN 1..5000 LOOP
       EXECUTE format('CREATE FUNCTION many.f_%s() RETURNS int LANGUAGE sql AS ''SELECT 1''', i); END LOOP; END $$`,
  );

  for (let rotation = 1; rotation <= 2; rotation++) await rotated(fixture, users);
});

test("finishSecret in a process of its own costs 5 calls and one login: it proves again what testSecret has proved", async () => {
  const stepwise = await startStepwiseStack(database, { bundle: "postgres-master-user" });
  await using ownStack = stepwise.stack;
  const users = await newPair({ database, stack: ownStack });
  const token = await stepwise.stage(users.arn);
  for (const step of ["createSecret", "setSecret", "testSecret"] as const)
    await stepwise.invoke(step, users.arn, token);
  await ownStack.rotationFunction.kill();
  const before = await database.logins(users.clone);
  using calls = observeCalls(ownStack);

  await stepwise.invoke("finishSecret", users.arn, token);

  expect([...calls.all].sort()).toEqual([
    "DescribeSecret",
    "DescribeSecret",
    "GetSecretValue",
    "GetSecretValue",
    "UpdateSecretVersionStage",
  ]);
  expect(await database.logins(users.clone)).toEqual({ ...before, accepted: before.accepted + 1 });
});

test("P1 at every instant of three rotations AWSCURRENT logs in", async () => {
  const users = await newPair(fixture);
  let rotating = true;
  const seen = new Map<string, number>();
  const probe = (async () => {
    while (rotating) {
      // Whoever has read AWSCURRENT logs in with it a moment later, when it may be AWSPREVIOUS.
      await using session = await openCurrent(fixture, users);
      const { rows } = await session.query("SELECT session_user AS login");
      seen.set(rows[0].login, (seen.get(rows[0].login) ?? 0) + 1);
      await turn();
    }
  })();

  try {
    for (let rotation = 1; rotation <= 3; rotation++) await rotated(fixture, users);
  } finally {
    rotating = false;
  }

  await probe;
  expect([...seen.keys()].sort()).toEqual([users.username, users.clone]);
});
