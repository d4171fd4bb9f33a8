import { randomUUID } from "node:crypto";
import { beforeEach, expect, test } from "vitest";
import type { KeyUse } from "../../local/secrets-manager/key-uses.ts";
import { createSecretsManager, type SecretsManager } from "../../local/secrets-manager/secrets-manager.ts";
import { FUNCTION, SECRET_KEY } from "./account.ts";

/** When Secrets Manager asks AWS KMS, and for what: "How Secrets Manager uses your KMS key" in the User Guide. */

let service: SecretsManager;
let asked: readonly KeyUse[];

beforeEach(() => {
  service = createSecretsManager({
    functions: () => async () => {},
    attempts: 1,
    authorize: ({ keyUses = [] }) => {
      asked = keyUses;
    },
  });
});

/** What is asked of KMS for a call, whether it succeeds or not. */
function asks(operation: string, input: object): readonly KeyUse[] {
  try {
    service.call(operation, { ClientRequestToken: randomUUID(), ...input });
  } catch {
    // A value that is not there, or that is not the same.
  }
  return asked;
}

function newSecret(key: object): { arn: string; version: string } {
  const version = randomUUID();
  const input = { Name: "app", SecretString: "v", ClientRequestToken: version, ...key };
  const answer = service.call("CreateSecret", input);
  return { arn: "ARN" in answer ? String(answer.ARN) : "", version };
}

function use(action: KeyUse["action"], SecretARN: string, SecretVersionId: string): KeyUse {
  return { action, keyId: SECRET_KEY, encryptionContext: { SecretARN, SecretVersionId } };
}

test("reading a value requires kms:Decrypt, with the secret's name as well as its ARN", () => {
  const { arn, version } = newSecret({ KmsKeyId: SECRET_KEY });

  for (const SecretId of ["app", arn, arn.replace(/-[^-]*$/, "")]) {
    expect(asks("GetSecretValue", { SecretId })).toEqual([use("kms:Decrypt", arn, version)]);
  }
  expect(asks("GetSecretValue", { SecretId: arn, VersionId: version })).toEqual([
    use("kms:Decrypt", arn, version),
  ]);
});

test("storing a new value requires kms:GenerateDataKey", () => {
  const { arn } = newSecret({ KmsKeyId: SECRET_KEY });
  const token = randomUUID();

  const uses = asks("PutSecretValue", { SecretId: arn, SecretString: "w", ClientRequestToken: token });

  expect(uses).toEqual([use("kms:GenerateDataKey", arn, token)]);
});

test.each(["v", "another"])(
  "storing a value for a version that has one requires kms:Decrypt to compare them: %s",
  (SecretString) => {
    const { arn, version } = newSecret({ KmsKeyId: SECRET_KEY });

    const uses = asks("PutSecretValue", { SecretId: arn, SecretString, ClientRequestToken: version });

    expect(uses).toEqual([use("kms:Decrypt", arn, version)]);
  },
);

test("a call that reads or stores no value uses no key", () => {
  const { arn, version } = newSecret({ KmsKeyId: SECRET_KEY });
  const token = randomUUID();
  const SecretId = arn;

  expect(asks("RotateSecret", { SecretId, RotationLambdaARN: FUNCTION, ClientRequestToken: token })).toEqual(
    [],
  );
  expect(asks("GetSecretValue", { SecretId, VersionId: token })).toEqual([]);
  expect(asks("GetSecretValue", { SecretId: "missing" })).toEqual([]);
  expect(asks("DescribeSecret", { SecretId })).toEqual([]);
  expect(
    asks("UpdateSecretVersionStage", { SecretId, VersionStage: "MINE", MoveToVersionId: version }),
  ).toEqual([]);
});

test("the AWS managed key requires no permission", () => {
  const { arn } = newSecret({});

  expect(asks("GetSecretValue", { SecretId: arn })).toEqual([]);
  expect(asks("PutSecretValue", { SecretId: arn, SecretString: "w" })).toEqual([]);
});
