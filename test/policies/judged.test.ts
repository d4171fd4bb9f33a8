import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { Authorise } from "../../local/secrets-manager/authorisation.ts";
import { ServiceError } from "../../local/secrets-manager/errors.ts";
import { OPERATIONS } from "../../local/secrets-manager/operations/table.ts";
import { createSecretsManager } from "../../local/secrets-manager/secrets-manager.ts";
import { FUNCTION } from "./account.ts";

/** An input with which each operation would succeed on the secret `app`. */
const INPUTS: Record<string, Record<string, unknown>> = {
  CancelRotateSecret: {},
  CreateSecret: { Name: "new", SecretString: "v" },
  DeleteSecret: {},
  DescribeSecret: {},
  GetRandomPassword: {},
  GetSecretValue: {},
  ListSecretVersionIds: {},
  ListSecrets: {},
  PutSecretValue: { SecretString: "v" },
  RestoreSecret: {},
  RotateSecret: { RotationLambdaARN: FUNCTION },
  TagResource: { Tags: [{ Key: "k", Value: "v" }] },
  UntagResource: { TagKeys: ["k"] },
  UpdateSecret: { Description: "d" },
  UpdateSecretVersionStage: { VersionStage: "MINE", MoveToVersionId: randomUUID() },
};

const refuse: Authorise = () => {
  throw new ServiceError("AccessDeniedException", "No.");
};

/** A service with the secret `app`, and how many calls it was asked for and judged since. */
function service() {
  let verdict: Authorise = () => {};
  const count = { served: 0, judged: 0 };
  const secretsManager = createSecretsManager({
    functions: () => async () => {},
    authorise: (request) => {
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
    setVerdict: (next: Authorise) => {
      verdict = next;
    },
  };
}

test("the table has every operation", () => {
  expect(Object.keys(INPUTS).sort()).toEqual([...OPERATIONS.keys()].sort());
});

test.each(Object.entries(INPUTS))("%s is judged once, before it does anything", (operation, input) => {
  const { call, count, setVerdict } = service();
  const before = call("DescribeSecret", { SecretId: "app" });
  setVerdict(refuse);

  const attempt = () => call(operation, { SecretId: "app", ...input });

  expect(attempt).toThrow(expect.objectContaining({ name: "AccessDeniedException" }));
  expect(count).toEqual({ served: 2, judged: 2 });
  setVerdict(() => {});
  expect(call("DescribeSecret", { SecretId: "app" })).toEqual(before);
  expect(call("ListSecrets", {})).toMatchObject({ SecretList: [{ Name: "app" }] });
});
