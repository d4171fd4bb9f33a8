import { afterAll, expect, test } from "vitest";
import { failedRotation, lastFailure } from "../support/failures.ts";
import { holder, moveCurrent, putValue, reattempt, removePending } from "../support/operator.ts";
import { followRescue } from "../support/remedies.ts";
import { abandonedAfter, expectToRotate, newUser, startScene } from "./server-and-functions.ts";

// What the function's errors tell a person to run, run as it stands there.

const scene = await startScene("postgres");
const { singleUser, masterUser, database } = scene;
const { stack } = singleUser;
const { caFile } = database;

afterAll(() => scene[Symbol.asyncDispose]());

test("a pending value that does not follow any more", async () => {
  const user = await newUser(scene, stack);
  const value = await stack.value(user.arn);
  const edited = await putValue(stack, user.arn, { ...value, note: "edited" });
  await putValue(stack, user.arn, value);
  await abandonedAfter(singleUser, user, "createSecret");
  await moveCurrent(stack, user.arn, edited);
  expect(await reattempt(stack, user.arn)).toBe(false);

  expect(await followRescue(stack, lastFailure(stack, user.arn).message, caFile)).toBe("unstick");

  await expectToRotate(scene, stack, user);
});

test("no labeled password works, and one without a label does", async () => {
  const user = await newUser(scene, stack);
  const token = await abandonedAfter(singleUser, user, "setSecret");
  await removePending(stack, user.arn);
  const { message } = await failedRotation(stack, user.arn);

  expect(await followRescue(stack, message, caFile)).toBe("unstick");

  expect(await holder(stack, user.arn, "AWSCURRENT")).toBe(token);
  await expectToRotate(scene, stack, user);
});

test("no password works at all", async () => {
  const user = await newUser(scene, stack);
  await scene.administer(`ALTER ROLE ${user.username} PASSWORD 'by hand'`);
  const { message } = await failedRotation(stack, user.arn);

  expect(await followRescue(stack, message, caFile)).toBe("reset");

  expect(await reattempt(stack, user.arn)).toBe(true);
  await expectToRotate(scene, stack, user);
});

test("with two users: AWSCURRENT does not log in", async () => {
  const user = await newUser(scene, masterUser.stack);
  await scene.administer(`ALTER ROLE ${user.username} PASSWORD 'by hand'`);
  const { message } = await failedRotation(masterUser.stack, user.arn);

  expect(await followRescue(masterUser.stack, message, caFile)).toBe("reset");

  expect(await reattempt(masterUser.stack, user.arn)).toBe(true);
  await expectToRotate(scene, masterUser.stack, user);
});
