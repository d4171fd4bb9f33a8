import { afterAll, expect, test } from "vitest";
import { failedRotation } from "../support/failures.ts";
import { holder, reattempt, tryOut } from "../support/operator.ts";
import { awsFunction } from "./aws-function.ts";
import { startLab } from "./lab.ts";
import { newPair, openCurrent, rotated, type Users, whoIs } from "./pairs.ts";

const lab = await startLab();
const { database, stepwise, stack, fixture, server } = lab;
const aws = awsFunction(database, stepwise);

afterAll(() => lab[Symbol.asyncDispose]());

async function installed(): Promise<Users & { table: string }> {
  const users = await newPair(fixture);
  const schema = `of_${users.username}`;
  await server.query(`CREATE SCHEMA ${schema} AUTHORIZATION ${users.username}`);
  await expectWorking(users, `CREATE TABLE ${schema}.orders (id INT)`);
  return { ...users, table: `${schema}.orders` };
}

async function expectWorking(users: Users, ...statements: string[]): Promise<void> {
  await using session = await openCurrent(fixture, users);
  for (const statement of statements) await session.query(statement);
}

test.for([0, 1, 2, 3])(
  "after %d rotations by AWS's function ours goes on, and AWS's after it",
  async (rotations) => {
    const users = await installed();
    for (let done = 0; done < rotations; done++) await aws.rotate(users.arn);

    for (let rotation = 1; rotation <= 3; rotation++) {
      await rotated(fixture, users);
      await expectWorking(
        users,
        `INSERT INTO ${users.table} VALUES (1)`,
        `ALTER TABLE ${users.table} ADD c${rotation} INT`,
      );
      expect((await whoIs(fixture, users)).acts).toBe(users.username);
    }

    for (let rotation = 1; rotation <= 2; rotation++) {
      await aws.rotate(users.arn);
      await expectWorking(
        users,
        `INSERT INTO ${users.table} VALUES (1)`,
        `ALTER TABLE ${users.table} ADD d${rotation} INT`,
      );
      // Whoever rotates it, a clone that was made ready by ours goes on acting as its base user.
      expect((await whoIs(fixture, users)).acts).toBe(users.username);
    }
    await rotated(fixture, users);
  },
);

test.for([
  ["app", 0, "createSecret"],
  ["app", 0, "setSecret"],
  ["app_clone", 1, "createSecret"],
  ["app_clone", 1, "setSecret"],
  ["app, for the second time", 2, "setSecret"],
] as const)(
  "AWSCURRENT is %s, and AWS's function got stuck after %d rotations and %s",
  async ([, rotations, step]) => {
    const users = await installed();
    for (let done = 0; done < rotations; done++) await aws.rotate(users.arn);
    const token = await aws.stop(step, users.arn);
    const { username, password } = await stack.value(users.arn, { VersionId: token });

    expect(await reattempt(stack, users.arn)).toBe(true);

    expect(await holder(stack, users.arn, "AWSCURRENT")).toBe(token);
    expect(await stack.value(users.arn)).toMatchObject({ username, password });
    await expectWorking(users, `ALTER TABLE ${users.table} ADD more INT`);
    expect((await whoIs(fixture, users)).acts).toBe(users.username);
    await rotated(fixture, users);
  },
);

test("a clone of AWS's with objects of its own: the user can use them at once, and the clone goes on using them", async () => {
  const users = await installed();
  await aws.rotate(users.arn);
  await expectWorking(users, `CREATE TABLE ${users.table}_made (id INT)`);
  await using before = await openCurrent(fixture, users);
  expect(await tryOut(stack, users.arn)).toBe(true);

  for (let rotation = 1; rotation <= 3; rotation++) {
    await rotated(fixture, users);
    await expectWorking(users, `ALTER TABLE ${users.table}_made ADD c${rotation} INT`);
    await before.query(`ALTER TABLE ${users.table}_made ADD d${rotation} INT`);
  }
});

test("RotateImmediately=false passes on a clone that AWS's function made, and on the user beside it", async () => {
  const users = await installed();
  for (let rotation = 0; rotation < 2; rotation++) {
    await aws.rotate(users.arn);
    await server.query(`ALTER ROLE ${users.username} CONNECTION LIMIT ${20 + rotation}`);
    expect(await tryOut(stack, users.arn)).toBe(true);
  }
  expect((await whoIs(fixture, users)).login).toBe(users.username);
});

test("refuses a clone of AWS's function that lost its membership, until the suggested statement was executed", async () => {
  const users = await installed();
  await aws.rotate(users.arn);
  await aws.rotate(users.arn);
  await server.query(`REVOKE ${users.username} FROM ${users.clone} GRANTED BY ${users.master.username}`);

  const { reason, message } = await failedRotation(stack, users.arn);

  expect(reason).toBe("user-not-owned");
  await server.query(/run as an administrator: (.+?) - otherwise/.exec(message)?.[1] ?? "");
  expect(await reattempt(stack, users.arn)).toBe(true);
  expect(await whoIs(fixture, users)).toEqual({ login: users.clone, acts: users.username });
  await expectWorking(users, `ALTER TABLE ${users.table} ADD more INT`);
});

test("a secret that began with a user called like a clone goes on with AWS's pair the other way round", async () => {
  const username = "started_clone";
  const users = await newPair(fixture, { username });
  await server.query(`CREATE SCHEMA started AUTHORIZATION ${username}`);
  await aws.rotate(users.arn);
  expect(await whoIs(fixture, users)).toEqual({ login: "started", acts: "started" });
  await using before = await openCurrent(fixture, users);
  await before.query("SET ROLE started_clone");
  await before.query("CREATE TABLE started.orders (id INT)");

  // The password of `started_clone` under AWSPREVIOUS shows that the membership against the names is meant.
  await rotated(fixture, users);

  expect(await whoIs(fixture, users)).toEqual({ login: username, acts: username });
  await expectWorking(users, "ALTER TABLE started.orders ADD more INT");
});
