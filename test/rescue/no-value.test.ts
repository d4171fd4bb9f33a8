import { CreateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { expect, test } from "vitest";
import { holder, reattempt } from "../support/operator.ts";
import { followCommands } from "../support/remedies.ts";
import { rescue } from "../support/rescue.ts";
import { abandonedAfter, expectToRotate, newUser, serverAndFunctions } from "./server-and-functions.ts";

// Without a login under AWSCURRENT no rotation can succeed, however often it is tried again.

const running = await serverAndFunctions("postgres");
const { singleUser, stack, caFile } = running;

/** A user, and a secret of the same login that nobody has stored yet; and what is to be in login.json. */
async function withoutValue(): Promise<{ arn: string; blanks: Record<string, string> }> {
  const user = await newUser(running, stack);
  const create = new CreateSecretCommand({ Name: `${user.username}_empty` });
  const { ARN: arn = "" } = await stack.operator.send(create);
  return { arn, blanks: { "file://login.json": JSON.stringify(await stack.value(user.arn)) } };
}

/** Stores the login as the report says. The second command, RotateSecret, is refused where a rotation is unfinished. */
function store(text: string, blanks: Record<string, string>): object[] {
  const [first = ""] = /^.*put-secret-value.*$/m.exec(text) ?? [];
  return followCommands(stack, first, blanks);
}

test("a secret without versions: a rotation succeeds after the steps that explain prints", async () => {
  const { arn, blanks } = await withoutValue();
  const explained = await rescue(stack, ["--secret-id", arn], { caFile });
  expect(explained).toMatchObject({
    exitCode: 1,
    stdout: expect.stringContaining("No version has AWSCURRENT."),
  });
  const reset = await rescue(stack, ["reset", "--secret-id", arn, "--yes"], { caFile });
  expect(reset).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("No version has AWSCURRENT.") });

  expect(store(explained.stdout, blanks)).toHaveLength(1);

  await expectToRotate(running, stack, { arn });
});

test("AWSPENDING is also on a placeholder: unstick prints how to store a value before the next rotation", async () => {
  const { arn, blanks } = await withoutValue();
  await abandonedAfter(singleUser, { arn }, "stage");
  expect(await reattempt(stack, arn)).toBe(false);

  const explained = await rescue(stack, ["--secret-id", arn], { caFile });
  const done = await rescue(stack, ["unstick", "--secret-id", arn, "--yes"], { caFile });

  expect(explained.stdout).toContain("createSecret fails: there is no value under AWSCURRENT to follow.");
  expect(done.exitCode).toBe(0);
  expect(await holder(stack, arn, "AWSPENDING")).toBeUndefined();
  const next = done.stdout.slice(done.stdout.indexOf("\nNext"));
  expect(next).toMatch(/put-secret-value[\s\S]+secretsmanager:PutSecretValue[\s\S]+rotate-secret/);
  expect(store(next, blanks)).toHaveLength(1);
  await expectToRotate(running, stack, { arn });
});
