import { expect, test } from "vitest";
import type { AuthorizationRequest } from "../../local/secrets-manager/authorization.ts";
import { ServiceError } from "../../local/secrets-manager/errors.ts";
import { serve } from "../../local/secrets-manager/http.ts";
import { createSecretsManager } from "../../local/secrets-manager/secrets-manager.ts";
import { FUNCTION, localService } from "./local-service.ts";

/** What the local service does at its edges: the wire, the caller, the authorizer, and what it never tells. */

const CREDENTIAL = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/secretsmanager/aws4_request";

async function post(url: string, operation: string, body: string, authorization = CREDENTIAL) {
  const headers = { authorization, "x-amz-target": `secretsmanager.${operation}` };
  const response = await fetch(url, { method: "POST", headers, body });
  return { status: response.status, body: await response.json() };
}

const token = `"ClientRequestToken": "${"t".repeat(32)}"`;

test.each([
  ["Nonsense", "{}", "UnknownOperationException"],
  ["AssociateCrossAccountReplica", "{}", "UnknownOperationException"],
  ["", "{}", "UnknownOperationException"],
  ["GetSecretValue", "{", "SerializationException"],
  ["GetSecretValue", "", "SerializationException"],
  ["GetSecretValue", "[]", "SerializationException"],
  ["GetSecretValue", "null", "SerializationException"],
  ["GetSecretValue", '{"SecretId": 7}', "SerializationException"],
  ["GetSecretValue", "{}", "InvalidParameterException"],
  ["GetSecretValue", '{"SecretId": null}', "InvalidParameterException"],
  ["ListSecrets", '{"MaxResults": 101}', "InvalidParameterException"],
  ["CreateSecret", `{"Name": "a", "SecretBinary": "?", ${token}}`, "SerializationException"],
  ["CreateSecret", `{"Name": "a", "SecretBinary": "", ${token}}`, "InvalidParameterException"],
  ["CreateSecret", `{"Name": "a", "SecretString": "", ${token}}`, "InvalidParameterException"],
])("refuses a malformed %s: %s", async (operation, body, error) => {
  await using server = await serve(createSecretsManager());
  const answer = await post(server.url, operation, body);
  expect(answer).toEqual({ status: 400, body: { __type: error, Message: expect.any(String) } });
});

test("refuses a request that does not name its caller", async () => {
  const secretsManager = createSecretsManager();
  const callers: unknown[] = [];
  secretsManager.observe((event) => callers.push(event.type === "request" && event.caller));
  await using server = await serve(secretsManager);
  expect((await post(server.url, "ListSecrets", "{}")).status).toBe(200);
  expect(await post(server.url, "ListSecrets", "{}", "")).toMatchObject({
    status: 400,
    body: { __type: "MissingAuthenticationTokenException" },
  });
  expect(callers).toEqual(["AKIDEXAMPLE"]);
  expect(server.url).toContain("127.0.0.1");
});

test("answers an internal error with status 500 and no details", async () => {
  const now = () => {
    throw new Error("sentinel");
  };
  await using server = await serve(createSecretsManager({ now }));
  const answer = await post(server.url, "CreateSecret", `{"Name": "a", "SecretString": "v0", ${token}}`);
  const body = { __type: "InternalServiceError", Message: "An error occurred on the server side." };
  expect(answer).toEqual({ status: 500, body });
});

test("asks the authorizer before it changes or returns anything", async () => {
  const requests: AuthorizationRequest[] = [];
  let refused = false;
  const { call, rotate } = localService({
    authorize: (request) => {
      requests.push(request);
      if (refused) throw new ServiceError("AccessDeniedException", "Not authorized.");
    },
  });
  const { ARN } = call("CreateSecret", {
    Name: "app",
    SecretString: "v0",
    Tags: [{ Key: "team", Value: "a" }],
  });
  await rotate("app");
  refused = true;
  const denied = expect.objectContaining({ name: "AccessDeniedException" });
  expect(() => call("PutSecretValue", { SecretId: "app", SecretString: "v1" })).toThrow(denied);
  expect(() => call("GetSecretValue", { SecretId: "missing" })).toThrow(denied);
  refused = false;
  expect(call("GetSecretValue", { SecretId: "app", VersionStage: "AWSCURRENT" }).SecretString).toBe("v0");
  expect(requests[0]).toEqual({
    action: "secretsmanager:CreateSecret",
    caller: "local",
    resource: "arn:aws:secretsmanager:us-east-1:123456789012:secret:app-??????",
    conditions: { "secretsmanager:Name": "app" },
  });
  expect(requests.at(-1)).toEqual({
    action: "secretsmanager:GetSecretValue",
    caller: "local",
    resource: ARN,
    conditions: {
      "aws:ResourceTag/team": "a",
      "secretsmanager:ResourceTag/team": "a",
      "secretsmanager:SecretId": "app",
      "secretsmanager:VersionStage": "AWSCURRENT",
      "secretsmanager:resource/AllowRotationLambdaArn": FUNCTION,
    },
  });
});

test("keeps values, passwords and RotationTokens out of events for observers and out of errors", async () => {
  const { call, rotate, setFunction, events } = localService();
  const secrets = ["sentinel-value", "sentinel-other"];
  const errors: unknown[] = [];
  call("CreateSecret", { Name: "app", SecretString: secrets[0] });
  setFunction(async ({ SecretId, ClientRequestToken, RotationToken, Step }) => {
    secrets.push(RotationToken);
    const version = { SecretId, ClientRequestToken, RotationToken, VersionStages: ["AWSPENDING"] };
    if (Step === "createSecret") call("PutSecretValue", { ...version, SecretString: "sentinel-value" });
    call("PutSecretValue", { ...version, SecretString: "sentinel-other" });
  });
  await rotate("app");
  secrets.push(String(call("GetRandomPassword").RandomPassword));
  for (const SecretString of [
    ["sentinel-value"],
    { value: "sentinel-value" },
    "sentinel-value".repeat(9999),
  ]) {
    try {
      call("PutSecretValue", { SecretId: "app", SecretString });
    } catch (error) {
      errors.push(error);
    }
  }
  expect(errors).toHaveLength(3);
  const told = JSON.stringify(events) + errors.map((error) => `${error} ${JSON.stringify(error)}`).join();
  expect(events.length).toBeGreaterThan(10);
  for (const secret of secrets) expect(told).not.toContain(secret);
});
