import { expect, test } from "vitest";
import { failedRotation, lastFailure } from "../support/failures.ts";
import { holder, moveCurrent, putValue, reattempt, removePending } from "../support/operator.ts";
import { followRescue } from "../support/remedies.ts";
import { abandonedAfter, expectToRotate, newUser, serverAndFunctions } from "./server-and-functions.ts";

// What the function's errors tell a person to run, run as it stands there.

const running = await serverAndFunctions("postgres");
const { singleUser, masterUser, stack, caFile } = running;

test("the pending value does not follow from AWSCURRENT any more", async () => {
  const user = await newUser(running, stack);
  const value = await stack.value(user.arn);
  const edited = await putValue(stack, user.arn, { ...value, note: "edited" });
  await putValue(stack, user.arn, value);
  await abandonedAfter(singleUser, user, "createSecret");
  await moveCurrent(stack, user.arn, edited);
  expect(await reattempt(stack, user.arn)).toBe(false);

  expect(await followRescue(stack, lastFailure(stack, user.arn).message, caFile)).toBe("unstick");

  await expectToRotate(running, stack, user);
});

test("only the password of a version without a label logs in", async () => {
  const user = await newUser(running, stack);
  const token = await abandonedAfter(singleUser, user, "setSecret");
  await removePending(stack, user.arn);
  const { message } = await failedRotation(stack, user.arn);

  expect(await followRescue(stack, message, caFile)).toBe("unstick");

  expect(await holder(stack, user.arn, "AWSCURRENT")).toBe(token);
  await expectToRotate(running, stack, user);
});

test("no password logs in", async () => {
  const user = await newUser(running, stack);
  await running.administer(`ALTER ROLE ${user.username} PASSWORD 'by hand'`);
  const { message } = await failedRotation(stack, user.arn);

  expect(await followRescue(stack, message, caFile)).toBe("reset");

  expect(await reattempt(stack, user.arn)).toBe(true);
  await expectToRotate(running, stack, user);
});

test("with two users: AWSCURRENT does not log in", async () => {
  const user = await newUser(running, masterUser.stack);
  await running.administer(`ALTER ROLE ${user.username} PASSWORD 'by hand'`);
  const { message } = await failedRotation(masterUser.stack, user.arn);

  expect(await followRescue(masterUser.stack, message, caFile)).toBe("reset");

  expect(await reattempt(masterUser.stack, user.arn)).toBe(true);
  await expectToRotate(running, masterUser.stack, user);
});
