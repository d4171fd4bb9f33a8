import { afterAll, expect, test } from "vitest";
import { rescue } from "../support/rescue.ts";
import { expectToRotate, newUser, startServerAndFunctions, type User } from "./server-and-functions.ts";

// A database that was restored from a snapshot, or cloned: users and passwords are older than the secret.

const scene = await startServerAndFunctions("postgres");
const { masterUser, singleUser, database } = scene;
const { stack } = masterUser;
const { caFile } = database;

afterAll(() => scene[Symbol.asyncDispose]());

/** AWSCURRENT has the clone, which the restored database does not have. */
async function withoutClone(): Promise<User> {
  const user = await newUser(scene, stack);
  expect((await stack.rotate(user.arn)).succeeded).toBe(true);
  await scene.administer(`DROP ROLE "${user.username}_clone"`);
  return user;
}

test("reset prints the statements that create a missing clone, and sets its password after them", async () => {
  const user = await withoutClone();
  await scene.administer(`ALTER ROLE "${user.username}" PASSWORD 'of the snapshot'`);

  const reset = await rescue(stack, ["reset", "--secret-id", user.arn, "--yes"], { caFile });

  expect(reset).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("There is no role") });
  const [, statements = ""] = /administrator: (CREATE ROLE .+?) - /.exec(reset.stderr) ?? [];
  await scene.administer(...statements.split("; "));
  const master = `master_${user.username.slice("app_".length)}`;
  await scene.administer(`GRANT "${user.username}_clone" TO "${master}" WITH ADMIN OPTION`);
  expect(await rescue(stack, ["reset", "--secret-id", user.arn, "--yes"], { caFile })).toMatchObject({
    exitCode: 0,
  });
  await expectToRotate(scene, stack, user);
});

test("a past VALID UNTIL is told with the statement that ends it, by a rotation and by reset", async () => {
  const user = await newUser(scene, singleUser.stack);
  await scene.administer(`ALTER ROLE "${user.username}" VALID UNTIL 'yesterday'`);
  const cure = `ALTER ROLE "${user.username}" VALID UNTIL 'infinity'`;

  expect((await singleUser.stack.rotate(user.arn)).succeeded).toBe(false);
  const reset = await rescue(singleUser.stack, ["reset", "--secret-id", user.arn, "--yes"], { caFile });

  expect(singleUser.stack.log.join("\n")).toContain(JSON.stringify(cure).slice(1, -1));
  expect(reset.stderr).toContain(cure);
  await scene.administer(cure);
  expect(await rescue(singleUser.stack, ["--secret-id", user.arn], { caFile })).toMatchObject({
    stdout: expect.stringContaining("AWSPENDING"),
  });
});
