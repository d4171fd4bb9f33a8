import { inspect } from "node:util";
import {
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { describe, expect, it } from "vitest";
import type { Step } from "../../shared/protocol/event.ts";
import { RotationError, withoutSecrets } from "../../shared/report/errors.ts";
import { rotation } from "../../shared/rotation.ts";
import { singleUser } from "../../shared/strategies/single-user.ts";
import { fakeEngine } from "./fake-engine.ts";
import { givenPending } from "./given.ts";
import { context } from "./invoke.ts";
import { logLines, logText } from "./log-lines.ts";
import { api, apiError } from "./secrets-manager.ts";

const SECRET = "hunter2";

/** Returns the error of a step if one of its calls fails with this error. */
async function thrownBy(step: Step, operation: string, error: Error): Promise<unknown> {
  const { event } = givenPending();
  const commands: Record<string, () => void> = {
    DescribeSecret: () => api.on(DescribeSecretCommand).rejects(error),
    GetSecretValue: () => api.on(GetSecretValueCommand).rejects(error),
    GetRandomPassword: () => api.on(GetRandomPasswordCommand).rejects(error),
    PutSecretValue: () => api.on(PutSecretValueCommand).rejects(error),
    UpdateSecretVersionStage: () => api.on(UpdateSecretVersionStageCommand).rejects(error),
  };
  commands[operation]?.();
  const accepted = step === "finishSecret" ? "pending-password" : "current-password";
  const handler = rotation(fakeEngine(accepted), singleUser);
  // In so little time nothing that is throttled is tried again.
  const little = context(1000);
  return handler(event(step, { RotationToken: SECRET }), little).catch((thrown: unknown) => thrown);
}

/** All that Lambda, a logger or a person's inspect could print of an error. */
function printed(error: unknown): string {
  return `${error} ${inspect(error, { depth: 9, showHidden: true })} ${JSON.stringify(error)}`;
}

/** An error full of secrets, wherever the SDK or a driver may put them. */
function leaky(error: Error): Error {
  return Object.assign(error, {
    cause: new Error(SECRET),
    $response: { body: SECRET },
    sql: `ALTER USER app PASSWORD '${SECRET}'`,
  });
}

const networkError = (code: string) => Object.assign(new Error(SECRET), { code });

const CALLS: [Step, string][] = [
  ["createSecret", "DescribeSecret"],
  ["createSecret", "GetSecretValue"],
  ["createSecret", "GetRandomPassword"],
  ["createSecret", "PutSecretValue"],
  ["setSecret", "GetSecretValue"],
  ["testSecret", "GetSecretValue"],
  ["finishSecret", "UpdateSecretVersionStage"],
];

const FAILURES = [
  {
    error: () => apiError("ThrottlingException", SECRET),
    reason: "throttled",
    says: /ThrottlingException.*50 calls/,
  },
  { error: () => apiError("TooManyRequestsException", SECRET), reason: "throttled", says: /TooManyRequests/ },
  { error: () => apiError("DecryptionFailure", SECRET), reason: "access-denied", says: /kms:Decrypt/ },
  {
    error: () => apiError("EncryptionFailure", SECRET),
    reason: "access-denied",
    says: /kms:GenerateDataKey/,
  },
  {
    error: () => apiError("InternalServiceError", SECRET),
    reason: "secrets-manager",
    says: /InternalServiceError/,
  },
  { error: () => apiError("SomethingNew", SECRET), reason: "secrets-manager", says: /SomethingNew/ },
  {
    error: () => networkError("ECONNREFUSED"),
    reason: "unreachable",
    says: /ECONNREFUSED.*interface endpoint/,
  },
  { error: () => networkError("ENOTFOUND"), reason: "unreachable", says: /ENOTFOUND/ },
  {
    error: () => Object.assign(new Error(SECRET), { name: "TimeoutError" }),
    reason: "unreachable",
    says: /TimeoutError.*NAT gateway/,
  },
].map((failure) => ({ ...failure, title: failure.says.source }));

describe.each(CALLS)("%s, when %s fails,", (step, operation) => {
  it.each(FAILURES)("ends with $reason, the cause and a remedy: $title", async ({ error, reason, says }) => {
    const thrown = await thrownBy(step, operation, leaky(error()));

    expect(thrown).toMatchObject({
      name: "RotationError",
      reason,
      message: expect.stringMatching(new RegExp(`${operation}.*${says.source}`)),
    });
    expect(printed(thrown)).not.toContain(SECRET);
    expect(logText()).not.toContain(SECRET);
    expect(logLines()).toMatchObject([{ level: "ERROR", outcome: "failed", reason }]);
  });

  it("passes on which action IAM denied", async () => {
    const message = `User: role is not authorized to perform: secretsmanager:${operation}`;

    const thrown = await thrownBy(step, operation, leaky(apiError("AccessDeniedException", message)));

    expect(thrown).toMatchObject({ reason: "access-denied", message: expect.stringContaining(message) });
    expect(thrown).toMatchObject({ message: expect.stringContaining("Attach the policy") });
    expect(printed(thrown)).not.toContain(SECRET);
  });

  it("tells a denied key from a denied call", async () => {
    const denied = apiError("AccessDeniedException", "Access to KMS is not allowed");

    const thrown = await thrownBy(step, operation, leaky(denied));

    expect(thrown).toMatchObject({
      reason: "access-denied",
      message: expect.stringContaining("kms:Decrypt"),
    });
    expect(printed(thrown)).not.toContain(SECRET);
  });
});

describe("an error of refused access", () => {
  it("does not blame KMS because the name of the role contains KMS", async () => {
    const message = "User: arn:aws:sts::1:assumed-role/KMS-rotation/x is not authorized to perform this";

    const thrown = await thrownBy(
      "createSecret",
      "PutSecretValue",
      apiError("AccessDeniedException", message),
    );

    expect(thrown).toMatchObject({ message: expect.not.stringContaining("KMS key could not be used") });
  });

  it("does not name the VPC endpoint if credentials are missing", async () => {
    const error = Object.assign(new Error("none"), { name: "CredentialsProviderError" });

    const thrown = await thrownBy("createSecret", "PutSecretValue", error);

    expect(thrown).toMatchObject({ message: expect.not.stringContaining("interface endpoint") });
  });
});

describe("a secret that is gone", () => {
  it("is reported as unknown", async () => {
    const thrown = await thrownBy("createSecret", "PutSecretValue", apiError("ResourceNotFoundException"));

    expect(thrown).toMatchObject({
      reason: "unknown-secret",
      message: expect.stringContaining("another account or region"),
    });
  });
});

describe("what an engine throws", () => {
  const lost = { reason: "unreachable", says: /^The database at db\.example:5432 cannot be reached/ };
  const strange = {
    reason: "database",
    says: /does not speak the protocol of this database \((Type|Range|Syntax)Error at /,
  };

  it.each([
    { what: "a driver's error", thrown: leaky(new Error(`near '${SECRET}'`)), ...lost },
    { what: "a text", thrown: SECRET, ...lost },
    { what: "an object", thrown: { password: SECRET }, ...lost },
    { what: "nothing", thrown: undefined, ...lost },
    { what: "a TypeError of a driver that reads nonsense", thrown: leaky(new TypeError(SECRET)), ...strange },
    {
      what: "a RangeError of a driver that reads nonsense",
      thrown: leaky(new RangeError(SECRET)),
      ...strange,
    },
    {
      what: "a SyntaxError of a driver that reads nonsense",
      thrown: leaky(new SyntaxError(SECRET)),
      ...strange,
    },
    {
      what: "a ReferenceError, which is a bug of the function",
      thrown: leaky(new ReferenceError(SECRET)),
      reason: "unexpected",
      says: /^Unexpected ReferenceError at .*report this as a bug/,
    },
  ])("has its secrets removed if it is $what", async ({ thrown, reason, says }) => {
    const { event } = givenPending();
    const engine = fakeEngine("", { connect: () => Promise.reject(thrown) });

    const error = await rotation(engine, singleUser)(event("testSecret"), context()).catch((e: unknown) => e);

    expect(error).toBeInstanceOf(RotationError);
    expect(error).toMatchObject({ reason, message: expect.stringMatching(says) });
    expect(printed(error)).not.toContain(SECRET);
    expect(logText()).not.toContain(SECRET);
  });

  it("is redacted also if its text looks like a stack trace", () => {
    const error = withoutSecrets(new Error(`near 'ALTER USER app\n  at PASSWORD ${SECRET}'`));

    expect(printed(error)).not.toContain(SECRET);
  });

  it("has the place where it was thrown in its message", () => {
    const error = withoutSecrets(new TypeError(SECRET));

    expect(error.message).toContain("errors.test.ts");
  });

  it("is passed on unchanged if it is a RotationError", () => {
    const ours = new RotationError("tls", "No TLS.", "Turn it on.");

    expect(withoutSecrets(ours)).toBe(ours);
  });

  it("has nothing but a message, a name and a reason", () => {
    const error = new RotationError("tls", "No TLS.", "Turn it on.");

    expect(Object.getOwnPropertyNames(error).sort()).toEqual(["message", "name", "reason", "stack"]);
    expect(error.message).toBe("No TLS. Turn it on.");
  });
});
