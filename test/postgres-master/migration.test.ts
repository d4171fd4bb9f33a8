import { afterAll, expect, test } from "vitest";
import { holder, reattempt, tryOut } from "../support/operator.ts";
import { awsFunction } from "./aws-function.ts";
import { startLab } from "./lab.ts";
import { newTwins, openCurrent, rotated, type Twins, whoIs } from "./twins.ts";

const lab = await startLab();
const { database, driven, stack, fixture, server } = lab;
const aws = awsFunction(database, driven);

afterAll(() => lab[Symbol.asyncDispose]());

async function installed(): Promise<Twins & { table: string }> {
  const twins = await newTwins(fixture);
  const schema = `of_${twins.username}`;
  await server.query(`CREATE SCHEMA ${schema} AUTHORIZATION ${twins.username}`);
  await expectWorking(twins, `CREATE TABLE ${schema}.orders (id INT)`);
  return { ...twins, table: `${schema}.orders` };
}

async function expectWorking(twins: Twins, ...statements: string[]): Promise<void> {
  await using session = await openCurrent(fixture, twins);
  for (const statement of statements) await session.query(statement);
}

test.for([0, 1, 2, 3])(
  "after %d rotations by AWS's function ours goes on, and AWS's after it",
  async (rotations) => {
    const twins = await installed();
    for (let done = 0; done < rotations; done++) await aws.rotate(twins.arn);

    for (let rotation = 1; rotation <= 3; rotation++) {
      await rotated(fixture, twins);
      await expectWorking(
        twins,
        `INSERT INTO ${twins.table} VALUES (1)`,
        `ALTER TABLE ${twins.table} ADD c${rotation} INT`,
      );
      expect((await whoIs(fixture, twins)).acts).toBe(twins.username);
    }

    for (let rotation = 1; rotation <= 2; rotation++) {
      await aws.rotate(twins.arn);
      await expectWorking(
        twins,
        `INSERT INTO ${twins.table} VALUES (1)`,
        `ALTER TABLE ${twins.table} ADD d${rotation} INT`,
      );
      // Whoever rotates it, a clone that was made ready by ours goes on acting as its base user.
      expect((await whoIs(fixture, twins)).acts).toBe(twins.username);
    }
    await rotated(fixture, twins);
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
    const twins = await installed();
    for (let done = 0; done < rotations; done++) await aws.rotate(twins.arn);
    const token = await aws.stop(step, twins.arn);
    const { username, password } = await stack.value(twins.arn, { VersionId: token });

    expect(await reattempt(stack, twins.arn)).toBe(true);

    expect(await holder(stack, twins.arn, "AWSCURRENT")).toBe(token);
    expect(await stack.value(twins.arn)).toMatchObject({ username, password });
    await expectWorking(twins, `ALTER TABLE ${twins.table} ADD more INT`);
    expect((await whoIs(fixture, twins)).acts).toBe(twins.username);
    await rotated(fixture, twins);
  },
);

test("a clone of AWS's with objects of its own: the user can use them at once, and the clone goes on using them", async () => {
  const twins = await installed();
  await aws.rotate(twins.arn);
  await expectWorking(twins, `CREATE TABLE ${twins.table}_made (id INT)`);
  await using before = await openCurrent(fixture, twins);
  expect(await tryOut(stack, twins.arn)).toBe(true);

  for (let rotation = 1; rotation <= 3; rotation++) {
    await rotated(fixture, twins);
    await expectWorking(twins, `ALTER TABLE ${twins.table}_made ADD c${rotation} INT`);
    await before.query(`ALTER TABLE ${twins.table}_made ADD d${rotation} INT`);
  }
});

test("RotateImmediately=false passes on a clone that AWS's function made, and on the user beside it", async () => {
  const twins = await installed();
  for (let rotation = 0; rotation < 2; rotation++) {
    await aws.rotate(twins.arn);
    await server.query(`ALTER ROLE ${twins.username} CONNECTION LIMIT ${20 + rotation}`);
    expect(await tryOut(stack, twins.arn)).toBe(true);
  }
  expect((await whoIs(fixture, twins)).login).toBe(twins.username);
});

test("V28 a clone of AWS's that lost its membership proves by AWSPREVIOUS that it belongs to the secret", async () => {
  const twins = await installed();
  await aws.rotate(twins.arn);
  await aws.rotate(twins.arn);
  await server.query(`REVOKE ${twins.username} FROM ${twins.clone} GRANTED BY ${twins.master.username}`);

  await rotated(fixture, twins);

  expect(await whoIs(fixture, twins)).toEqual({ login: twins.clone, acts: twins.username });
  await expectWorking(twins, `ALTER TABLE ${twins.table} ADD more INT`);
});
