import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { Authorize } from "../../local/secrets-manager/authorization.ts";
import { ServiceError } from "../../local/secrets-manager/errors.ts";
import { OPERATIONS } from "../../local/secrets-manager/operations/table.ts";
import { createSecretsManager } from "../../local/secrets-manager/secrets-manager.ts";
import { FUNCTION } from "./account.ts";

const POLICY = JSON.stringify({
  Statement: { Effect: "Deny", Principal: "*", Action: "secretsmanager:*", Resource: "*" },
});

/** An input with which each operation would succeed on the secret `app`. */
const INPUTS: Record<string, Record<string, unknown>> = {
  BatchGetSecretValue: { SecretIdList: ["app"] },
  CancelRotateSecret: {},
  CreateSecret: { Name: "new", SecretString: "v" },
  DeleteResourcePolicy: {},
  DeleteSecret: {},
  DescribeSecret: {},
  GetRandomPassword: {},
  GetResourcePolicy: {},
  GetSecretValue: {},
  ListSecretVersionIds: {},
  ListSecrets: {},
  PutResourcePolicy: { ResourcePolicy: POLICY },
  PutSecretValue: { SecretString: "v" },
  RemoveRegionsFromReplication: { RemoveReplicaRegions: ["eu-west-1"] },
  ReplicateSecretToRegions: { AddReplicaRegions: [{ Region: "eu-west-1" }] },
  RestoreSecret: {},
  RotateSecret: { RotationLambdaARN: FUNCTION },
  StopReplicationToReplica: {},
  TagResource: { Tags: [{ Key: "k", Value: "v" }] },
  UntagResource: { TagKeys: ["k"] },
  UpdateSecret: { Description: "d" },
  UpdateSecretVersionStage: { VersionStage: "MINE", MoveToVersionId: randomUUID() },
  ValidateResourcePolicy: { ResourcePolicy: POLICY },
};

const refuse: Authorize = () => {
  throw new ServiceError("AccessDeniedException", "No.");
};

/** A service with the secret `app`, and how many calls it was asked for and judged since. */
function service() {
  let verdict: Authorize = () => {};
  const count = { served: 0, judged: 0 };
  const secretsManager = createSecretsManager({
    functions: () => async () => {},
    authorize: (request) => {
      count.judged++;
      verdict(request);
    },
  });
  const call = (operation: string, input: object) =>
    secretsManager.call(operation, { ClientRequestToken: randomUUID(), ...input });
  call("CreateSecret", { Name: "app", SecretString: "v" });
  count.judged = 0;
  secretsManager.observe((event) => {
    if (event.type === "request") count.served++;
  });
  return {
    count,
    call,
    setVerdict: (next: Authorize) => {
      verdict = next;
    },
  };
}

test("the table of operations is complete", () => {
  expect(Object.keys(INPUTS).sort()).toEqual([...OPERATIONS.keys()].sort());
});

test.each(Object.entries(INPUTS))(
  "authorizes %s once, before it changes or returns anything",
  (operation, input) => {
    const { call, count, setVerdict } = service();
    const before = call("DescribeSecret", { SecretId: "app" });
    setVerdict(refuse);

    const attempt = () => call(operation, { SecretId: "app", ...input });

    expect(attempt).toThrow(expect.objectContaining({ name: "AccessDeniedException" }));
    expect(count).toEqual({ served: 2, judged: 2 });
    setVerdict(() => {});
    expect(call("DescribeSecret", { SecretId: "app" })).toEqual(before);
    expect(call("ListSecrets", {})).toMatchObject({ SecretList: [{ Name: "app" }] });
  },
);
