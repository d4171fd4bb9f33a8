import { afterAll, expect, test } from "vitest";
import { holder, putValue, removePending } from "../support/operator.ts";
import { rescue } from "../support/rescue.ts";
import { abandonedAfter, newUser, startScene } from "./scene.ts";

// Between the plan and the answer somebody else, or a rotation, is at work.

const scene = await startScene("postgres");
const { singleUser, database } = scene;
const { stack } = singleUser;
const { caFile } = database;

afterAll(() => scene[Symbol.asyncDispose]());

test("a label moved meanwhile: nothing is written", async () => {
  const user = await newUser(scene, stack);
  await abandonedAfter(singleUser, user, "createSecret");
  const value = { ...user, ...(await stack.value(user.arn)) };

  const { exitCode, stderr } = await rescue(stack, ["unstick", "--secret-id", user.arn], {
    caFile,
    answers: ["y"],
    meanwhile: () => putValue(stack, user.arn, value),
  });

  expect(stderr).toContain("The secret has changed since it was read: a staging label has moved.");
  expect(exitCode).toBe(1);
});

test("setSecret ran meanwhile: AWSPENDING keeps the only password that works", async () => {
  const user = await newUser(scene, stack);
  const token = await abandonedAfter(singleUser, user, "createSecret");

  const { exitCode, stdout, stderr } = await rescue(stack, ["unstick", "--secret-id", user.arn], {
    caFile,
    answers: ["y"],
    meanwhile: () => singleUser.invoke("setSecret", user.arn, token),
  });

  expect(stdout).toContain("Secrets Manager may be at work on it at this moment");
  expect(stderr).toContain("is not accepted any more");
  expect(exitCode).toBe(1);
  expect(await holder(stack, user.arn, "AWSPENDING")).toBe(token);
  const { password } = await stack.value(user.arn, { VersionId: token });
  expect(await database.accepts(user.username, String(password))).toBe(true);
});

test("no answer, or another one than yes, is no consent", async () => {
  const user = await newUser(scene, stack);
  const token = await abandonedAfter(singleUser, user, "stage");

  for (const answer of ["", "n", "yesterday"]) {
    const refused = await rescue(stack, ["unstick", "--secret-id", user.arn], { caFile, answers: [answer] });
    expect(refused).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("Nothing was written.") });
  }
  expect(await holder(stack, user.arn, "AWSPENDING")).toBe(token);
});

test("versions without labels are tried only with consent", async () => {
  const user = await newUser(scene, stack);
  const token = await abandonedAfter(singleUser, user, "setSecret");
  await removePending(stack, user.arn);

  const refused = await rescue(stack, ["unstick", "--secret-id", user.arn], { caFile, answers: ["n"] });
  const agreed = await rescue(stack, ["unstick", "--secret-id", user.arn], { caFile, answers: ["y", "y"] });

  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("counts towards a lock") });
  expect(agreed.exitCode).toBe(0);
  expect(await holder(stack, user.arn, "AWSCURRENT")).toBe(token);
});
