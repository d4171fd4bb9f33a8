import { randomUUID } from "node:crypto";
import { UpdateSecretVersionStageCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, expect, test } from "vitest";
import { startMysqlDatabase } from "../../local/servers/mysql/database.ts";
import { FUNCTION_ACCESS_KEY, startStack } from "../../local/stack.ts";
import { failedRotation } from "../support/failures.ts";
import { holder } from "../support/operator.ts";
import { PERSON, PLACEHOLDERS, ROLE } from "./account.ts";
import { createIam } from "./authorize.ts";
import { CODE } from "./cases/function-role.ts";
import { type PolicyDocument, render } from "./documents.ts";
import { LIST_VERSIONS, needsOf, without } from "./needs.ts";
import { ADMINISTRATOR } from "./others.ts";

const FILE = "rotation-single-user.json";

await using started = new AsyncDisposableStack();
const database = started.use(await startMysqlDatabase());
const iam = createIam();
iam.attach("AKIALOCALOPERATOR0000", { arn: PERSON, principalArn: PERSON, policies: [ADMINISTRATOR] });
const stack = started.use(
  await startStack({
    bundle: "mysql-single-user",
    environment: { DATABASE_CA_FILE: database.caFile },
    service: { attempts: 1, authorize: iam.authorize },
  }),
);
const cleanUp = started.move();
afterAll(() => cleanUp.disposeAsync());

const policy = render(FILE, { ...PLACEHOLDERS, RotationLambdaArn: stack.rotationFunction.arn });

function attach(...policies: PolicyDocument[]): void {
  iam.attach(FUNCTION_ACCESS_KEY, { arn: CODE.principal, principalArn: ROLE, policies });
}

function policyWithout(action: string): PolicyDocument {
  return needsOf(FILE, policy)
    .filter((need) => need.action === action)
    .reduce(without, policy);
}

/** A user whose first password is that of a rotation that was given up after setSecret, and the secret. */
async function abandoned(username: string): Promise<string> {
  const password = randomUUID();
  await database.createUser(username, password);
  await database.server.query(`GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO ${username}`);
  const SecretId = await stack.createSecret(username, { ...database.address, username, password });
  attach(policyWithout("secretsmanager:UpdateSecretVersionStage"));
  expect(await failedRotation(stack, SecretId)).toMatchObject({ step: "finishSecret" });
  const RemoveFromVersionId = await holder(stack, SecretId, "AWSPENDING");
  await stack.operator.send(
    new UpdateSecretVersionStageCommand({ SecretId, VersionStage: "AWSPENDING", RemoveFromVersionId }),
  );
  return SecretId;
}

test(`a rotation finds the password of an abandoned one with ${LIST_VERSIONS}`, async () => {
  const secret = await abandoned("allowed");
  attach(policy);
  const before = iam.judged.length;

  expect(await stack.rotate(secret)).toEqual({ succeeded: true, error: undefined });

  expect(iam.judged.slice(before).map(({ action }) => action)).toContain(LIST_VERSIONS);
});

test(`a rotation without ${LIST_VERSIONS} refuses to replace that password, and logs which statement allows it`, async () => {
  const secret = await abandoned("denied");
  attach(policyWithout(LIST_VERSIONS));
  const logged = stack.log.length;

  const failure = await failedRotation(stack, secret);

  expect(failure).toMatchObject({ step: "setSecret", reason: "second-password" });
  expect(stack.log.slice(logged).join("\n")).toContain(`RotateSecrets of policies/${FILE}`);
});
