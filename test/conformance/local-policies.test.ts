import { expect, test } from "vitest";
import { localService } from "./local-service.ts";

const allow = (Principal: unknown, more: object = {}) => ({
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal, Action: "secretsmanager:GetSecretValue", Resource: "*", ...more },
  ],
});
const ROLE = { AWS: "arn:aws:iam::123456789012:role/app" };

function withSecret() {
  const service = localService();
  const { ARN } = service.call("CreateSecret", { Name: "app", SecretString: "v0" });
  return { ...service, identity: { ARN, Name: "app" } };
}

test("returns a resource policy unchanged until it is deleted", () => {
  const { call, identity } = withSecret();
  expect(call("GetResourcePolicy", { SecretId: "app" })).toEqual(identity);
  const ResourcePolicy = JSON.stringify(allow(ROLE), undefined, 2);
  expect(call("PutResourcePolicy", { SecretId: "app", ResourcePolicy })).toEqual(identity);
  expect(call("GetResourcePolicy", { SecretId: "app" })).toEqual({ ...identity, ResourcePolicy });
  expect(call("DeleteResourcePolicy", { SecretId: "app" })).toEqual(identity);
  expect(call("GetResourcePolicy", { SecretId: "app" })).toEqual(identity);
  expect(call("DeleteResourcePolicy", { SecretId: "app" })).toEqual(identity);
});

test.each([
  ["no JSON", "some policy"],
  ["no statement", { Version: "2012-10-17" }],
  ["another version", { ...allow(ROLE), Version: "2019-10-19" }],
  ["no principal", allow(undefined)],
  ["both Action and NotAction", allow(ROLE, { NotAction: "secretsmanager:PutSecretValue" })],
  ["no resource", allow(ROLE, { Resource: undefined })],
  ["an effect that is none", allow(ROLE, { Effect: "allow" })],
])("a policy with %s is malformed", (_what, policy) => {
  const { call, identity } = withSecret();
  const ResourcePolicy = typeof policy === "string" ? policy : JSON.stringify(policy);
  const malformed = expect.objectContaining({ name: "MalformedPolicyDocumentException", status: 400 });
  expect(() => call("PutResourcePolicy", { SecretId: "app", ResourcePolicy })).toThrow(malformed);
  expect(() => call("ValidateResourcePolicy", { ResourcePolicy })).toThrow(malformed);
  expect(call("GetResourcePolicy", { SecretId: "app" })).toEqual(identity);
});

test.each([
  ["every caller", "*", true],
  ["every account", { AWS: "*" }, true],
  ["one role", ROLE, false],
])("BlockPublicPolicy and ValidateResourcePolicy judge a policy for %s", (_who, principal, broad) => {
  const { call } = withSecret();
  const ResourcePolicy = JSON.stringify(allow(principal));
  const blocked = () =>
    call("PutResourcePolicy", { SecretId: "app", ResourcePolicy, BlockPublicPolicy: true });
  if (broad) expect(blocked).toThrow(expect.objectContaining({ name: "PublicPolicyException" }));
  else blocked();
  const { PolicyValidationPassed, ValidationErrors } = call("ValidateResourcePolicy", { ResourcePolicy });
  expect(PolicyValidationPassed).toBe(!broad);
  expect(ValidationErrors).toHaveLength(broad ? 1 : 0);
  call("PutResourcePolicy", { SecretId: "app", ResourcePolicy });
});

test("does not treat a policy for every principal as public if it has a condition or a Deny", () => {
  const { call } = withSecret();
  const Condition = { StringEquals: { "aws:PrincipalOrgID": "o-1" } };
  for (const policy of [allow("*", { Condition }), allow("*", { Effect: "Deny" })]) {
    const ResourcePolicy = JSON.stringify(policy);
    call("PutResourcePolicy", { SecretId: "app", ResourcePolicy, BlockPublicPolicy: true });
  }
});

test("allows one policy only, named default", () => {
  const { call, identity } = withSecret();
  const named = { SecretId: "app", ResourcePolicy: JSON.stringify(allow(ROLE)), PolicyName: "default" };
  expect(call("PutResourcePolicy", named)).toEqual({ ...identity, PolicyName: "default" });
  const other = { ...named, PolicyName: "other" };
  const invalid = expect.objectContaining({ name: "InvalidParameterException" });
  expect(() => call("PutResourcePolicy", other)).toThrow(invalid);
  expect(() => call("DeleteResourcePolicy", other)).toThrow(invalid);
  const missing = expect.objectContaining({ name: "ResourceNotFoundException" });
  expect(() => call("GetResourcePolicy", other)).toThrow(missing);
});

test("refuses policies of missing secrets and of secrets scheduled for deletion", () => {
  const { call } = withSecret();
  const ResourcePolicy = JSON.stringify(allow(ROLE));
  call("DeleteSecret", { SecretId: "app" });
  for (const operation of ["GetResourcePolicy", "PutResourcePolicy", "DeleteResourcePolicy"]) {
    expect(() => call(operation, { SecretId: "missing", ResourcePolicy })).toThrow("can't find");
    expect(() => call(operation, { SecretId: "app", ResourcePolicy })).toThrow("marked for deletion");
  }
});
