import { CancelRotateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { describe, expect, test } from "vitest";
import type { Verdict } from "../support/interception.ts";
import { holder, putValue, removePending } from "../support/operator.ts";
import { followRescue } from "../support/remedies.ts";
import { rescue } from "../support/rescue.ts";
import { startSecretsManagerProxy } from "../support/secrets-manager-proxy.ts";
import {
  abandonedAfter,
  expectToRotate,
  newUser,
  serverAndFunctions,
  type User,
} from "./server-and-functions.ts";

// Between the plan and the answer somebody else, or a rotation, is at work.

const running = await serverAndFunctions("postgres");
const { singleUser, database, stack, caFile } = running;

test("writes nothing if a label moved meanwhile", async () => {
  const user = await newUser(running, stack);
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

test("writes nothing if rotation was turned off meanwhile", async () => {
  const user = await newUser(running, stack);
  const token = await abandonedAfter(singleUser, user, "stage");

  const { stderr } = await rescue(stack, ["unstick", "--secret-id", user.arn], {
    caFile,
    answers: ["y"],
    meanwhile: () => stack.operator.send(new CancelRotateSecretCommand({ SecretId: user.arn })),
  });

  expect(stderr).toContain("The secret has changed since it was read: rotation was turned on or off");
  expect(await holder(stack, user.arn, "AWSPENDING")).toBe(token);
});

test("keeps the new password if the password under AWSPREVIOUS was changed meanwhile", async () => {
  const { stack } = running.masterUser;
  const user = await newUser(running, stack);
  await expectToRotate(running, stack, user);

  const { exitCode, stderr } = await rescue(stack, ["discard", "--secret-id", user.arn], {
    caFile,
    answers: ["y"],
    meanwhile: () => running.administer(`ALTER ROLE ${user.username} PASSWORD 'by hand'`),
  });

  expect(stderr).toContain("the password under AWSPREVIOUS is not accepted any more");
  expect(exitCode).toBe(1);
  expect(await database.accepts(user.username, "by hand")).toBe(true);
});

test("keeps AWSPENDING, with the only password that logs in, if setSecret ran meanwhile", async () => {
  const user = await newUser(running, stack);
  const token = await abandonedAfter(singleUser, user, "createSecret");

  const { exitCode, stdout, stderr } = await rescue(stack, ["unstick", "--secret-id", user.arn], {
    caFile,
    answers: ["y"],
    meanwhile: () => singleUser.invoke("setSecret", user.arn, token),
  });

  expect(stdout).toContain("A rotation may be in progress");
  expect(stderr).toContain("is not accepted any more");
  expect(exitCode).toBe(1);
  expect(await holder(stack, user.arn, "AWSPENDING")).toBe(token);
  const { password } = await stack.value(user.arn, { VersionId: token });
  expect(await database.accepts(user.username, String(password))).toBe(true);
});

test("writes nothing without the answer yes", async () => {
  const user = await newUser(running, stack);
  const token = await abandonedAfter(singleUser, user, "stage");

  for (const answer of ["", "n", "yesterday"]) {
    const refused = await rescue(stack, ["unstick", "--secret-id", user.arn], { caFile, answers: [answer] });
    expect(refused).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("Nothing was written.") });
  }
  expect(await holder(stack, user.arn, "AWSPENDING")).toBe(token);
});

test("tries versions without labels only with consent", async () => {
  const user = await newUser(running, stack);
  const token = await abandonedAfter(singleUser, user, "setSecret");
  await removePending(stack, user.arn);

  const refused = await rescue(stack, ["unstick", "--secret-id", user.arn], { caFile, answers: ["n"] });
  const agreed = await rescue(stack, ["unstick", "--secret-id", user.arn], { caFile, answers: ["y", "y"] });

  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("counts toward a lock") });
  expect(agreed.exitCode).toBe(0);
  expect(await holder(stack, user.arn, "AWSCURRENT")).toBe(token);
});

describe("during the write itself", () => {
  /** Lets somebody do something right before or after the call that moves a label, once. */
  async function unstickWhile(user: User, when: "before" | "after", act: () => Promise<unknown>) {
    await using apiProxy = await startSecretsManagerProxy();
    apiProxy.forwardTo(stack);
    apiProxy.onInterception = async ({ text, moment }): Promise<Verdict> => {
      if (text === "UpdateSecretVersionStage" && moment === when) await act();
      return "pass";
    };
    const { environment } = apiProxy;
    return await rescue(stack, ["unstick", "--secret-id", user.arn, "--yes"], { caFile, environment });
  }

  test("keeps a label that another process has moved meanwhile", async () => {
    const user = await newUser(running, stack);
    const token = await abandonedAfter(singleUser, user, "createSecret");

    const { exitCode, stderr } = await unstickWhile(user, "before", () => removePending(stack, user.arn));

    expect(stderr).toContain(`AWSPENDING is not on version ${token} any more.`);
    expect(stderr).toContain("run the command again");
    expect(exitCode).toBe(1);
    const again = await rescue(stack, ["unstick", "--secret-id", user.arn, "--yes"], { caFile });
    expect(again).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("AWSCURRENT logs in.") });
    await expectToRotate(running, stack, user);
  });

  test("finds the version without a label if a setSecret that had passed its guard set the password", async () => {
    const user = await newUser(running, stack);
    const token = await abandonedAfter(singleUser, user, "createSecret");
    const { password } = await stack.value(user.arn, { VersionId: token });

    const { exitCode, stderr } = await unstickWhile(user, "after", () =>
      running.administer(`ALTER ROLE ${user.username} PASSWORD '${password}'`),
    );

    expect(stderr).toContain("AWSCURRENT does not log in any more: a rotation ran at the same time.");
    expect(exitCode).toBe(1);
    expect(await followRescue(stack, stderr, caFile)).toBe("unstick");
    expect(await holder(stack, user.arn, "AWSCURRENT")).toBe(token);
    await expectToRotate(running, stack, user);
  });
});
