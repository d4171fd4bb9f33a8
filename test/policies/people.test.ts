import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { createSecretsManager, type SecretsManager } from "../../local/secrets-manager/secrets-manager.ts";
import { FUNCTION, OTHER_FUNCTION, PERSON, PLACEHOLDERS, SECRET_KEY } from "./account.ts";
import { createIam, type Iam } from "./authorize.ts";
import { render } from "./documents.ts";
import { ADMINISTRATOR } from "./others.ts";

/** What people do with their policies, call by call, against the service. */

const ADMINISTRATOR_KEY = "AKIAADMINISTRATOR0000";
const PERSON_KEY = "AKIASOMEBODY000000000";

let service: SecretsManager;
let iam: Iam;
/** Rotates with our function. */
let secret: string;
/** Rotates with another function. */
let other: string;

beforeEach(async () => {
  iam = createIam();
  service = createSecretsManager({ authorize: iam.authorize, functions: () => async () => {}, attempts: 1 });
  iam.attach(ADMINISTRATOR_KEY, { arn: PERSON, principalArn: PERSON, policies: [ADMINISTRATOR] });
  iam.protect(SECRET_KEY, render("secret-key-owner.json", PLACEHOLDERS));
  secret = create("app", FUNCTION);
  other = create("other", OTHER_FUNCTION);
  await Promise.all([service.settled(secret), service.settled(other)]);
});

function call(accessKey: string, operation: string, input: object): Record<string, unknown> {
  const answer = service.call(operation, { ClientRequestToken: randomUUID(), ...input }, accessKey);
  return Object.fromEntries(Object.entries(answer));
}

function create(Name: string, RotationLambdaARN: string): string {
  const { ARN } = call(ADMINISTRATOR_KEY, "CreateSecret", { Name, SecretString: "v", KmsKeyId: SECRET_KEY });
  call(ADMINISTRATOR_KEY, "RotateSecret", { SecretId: ARN, RotationLambdaARN, RotateImmediately: false });
  return String(ARN);
}

/** Makes calls as somebody who has these files as his only policies. */
function somebodyWith(...files: string[]): (operation: string, input?: object) => Record<string, unknown> {
  const values = { ...PLACEHOLDERS, SecretArn: secret };
  const policies = files.map((file) => render(file, values));
  iam.attach(PERSON_KEY, { arn: PERSON, principalArn: PERSON, policies });
  return (operation, input = {}) => call(PERSON_KEY, operation, input);
}

const denied = expect.objectContaining({ name: "AccessDeniedException" });

describe("a person who may configure rotation", () => {
  it("attaches a secret to the function, changes the schedule, and turns rotation off", () => {
    const does = somebodyWith("configure-rotation.json");
    const RotationRules = { AutomaticallyAfterDays: 30 };

    does("RotateSecret", {
      SecretId: other,
      RotationLambdaARN: FUNCTION,
      RotateImmediately: false,
      RotationRules,
    });
    expect(does("DescribeSecret", { SecretId: other })).toMatchObject({ RotationLambdaARN: FUNCTION });
    does("CancelRotateSecret", { SecretId: other });
    expect(does("DescribeSecret", { SecretId: other })).toMatchObject({
      RotationEnabled: false,
      RotationRules,
    });
    expect(does("ListSecrets")).toMatchObject({ SecretList: [{}, {}] });
  });

  it("cleans up a rotation that failed", async () => {
    const does = somebodyWith("configure-rotation.json");
    const { VersionId } = does("RotateSecret", { SecretId: secret });
    await service.settled(secret);
    does("CancelRotateSecret", { SecretId: secret });

    does("UpdateSecretVersionStage", {
      SecretId: secret,
      VersionStage: "AWSPENDING",
      RemoveFromVersionId: VersionId,
    });

    const { VersionIdsToStages } = does("DescribeSecret", { SecretId: secret });
    expect(Object.values(Object(VersionIdsToStages))).toEqual([["AWSCURRENT"]]);
  });

  it.each([
    ["reads no value", "GetSecretValue", () => ({ SecretId: secret })],
    ["writes no value", "PutSecretValue", () => ({ SecretId: secret, SecretString: "w" })],
    [
      "moves no other label",
      "UpdateSecretVersionStage",
      () => ({ SecretId: secret, VersionStage: "AWSCURRENT" }),
    ],
    ["leaves another function's secret alone", "CancelRotateSecret", () => ({ SecretId: other })],
    [
      "chooses no other function",
      "RotateSecret",
      () => ({ SecretId: secret, RotationLambdaARN: OTHER_FUNCTION }),
    ],
  ])("%s", (_what, operation, input) => {
    const does = somebodyWith("configure-rotation.json");

    expect(() => does(operation, input())).toThrow(denied);
  });
});

describe("a person who may start rotations", () => {
  it("rotates a secret that the function rotates", () => {
    expect(somebodyWith("trigger-rotation.json")("RotateSecret", { SecretId: secret })).toMatchObject({
      ARN: secret,
    });
    expect(iam.judged.at(-1)).toMatchObject({ action: "lambda:InvokeFunction", resource: FUNCTION });
  });

  it.each([
    ["another function's secret", () => ({ SecretId: other })],
    ["with another function", () => ({ SecretId: secret, RotationLambdaARN: OTHER_FUNCTION })],
    ["by another schedule", () => ({ SecretId: secret, RotationRules: { AutomaticallyAfterDays: 999 } })],
  ])("cannot rotate %s", (_what, input) => {
    expect(() => somebodyWith("trigger-rotation.json")("RotateSecret", input())).toThrow(denied);
  });

  it("cannot turn rotation off", () => {
    const does = somebodyWith("trigger-rotation.json");

    expect(() => does("CancelRotateSecret", { SecretId: secret })).toThrow(denied);
  });
});

describe("an application", () => {
  it("reads its secret, with the policy for the customer managed key if there is one", () => {
    const does = somebodyWith("read-secret.json", "read-secret-key.json");

    expect(does("GetSecretValue", { SecretId: secret })).toMatchObject({ SecretString: "v" });
    expect(does("DescribeSecret", { SecretId: secret })).toMatchObject({ ARN: secret });
    expect(() => does("GetSecretValue", { SecretId: other })).toThrow(denied);
    expect(() => does("PutSecretValue", { SecretId: secret, SecretString: "w" })).toThrow(denied);
    expect(() => does("RotateSecret", { SecretId: secret })).toThrow(denied);
  });

  it("cannot read its secret without the policy for the key", () => {
    const does = somebodyWith("read-secret.json");

    expect(() => does("GetSecretValue", { SecretId: secret })).toThrow("Access to KMS is not allowed");
  });
});
