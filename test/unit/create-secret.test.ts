import {
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
} from "@aws-sdk/client-secrets-manager";
import { describe, expect, it, vi } from "vitest";
import { rotation } from "../../shared/rotation.ts";
import { singleUser } from "../../shared/strategies/single-user.ts";
import { fakeEngine } from "./fake-engine.ts";
import { CURRENT_VERSION, givenPending, givenRotation, value } from "./given.ts";
import { context, SECRET_ID } from "./invoke.ts";
import { logLines } from "./log-lines.ts";
import { api, apiError, calls, inputs, writes } from "./secrets-manager.ts";

vi.mock("node:timers/promises", () => ({ setTimeout: async () => {} }));

const engine = fakeEngine("current-password");
const handler = rotation(engine, singleUser);

describe("createSecret", () => {
  it("stores the current value with another password under AWSPENDING", async () => {
    const { token, event } = givenRotation();

    await handler(event("createSecret"), context());

    expect(inputs("PutSecretValue")).toEqual([
      {
        SecretId: SECRET_ID,
        ClientRequestToken: token,
        SecretString: value({ password: "random-password" }),
        VersionStages: ["AWSPENDING"],
      },
    ]);
    expect(engine.calls).toEqual([]);
  });

  it("calls four operations, the write last", async () => {
    const { event } = givenRotation();

    await handler(event("createSecret"), context());

    expect(calls().sort()).toEqual([
      "DescribeSecret",
      "GetRandomPassword",
      "GetSecretValue",
      "PutSecretValue",
    ]);
    expect(calls().at(-1)).toBe("PutSecretValue");
    expect(inputs("DescribeSecret")).toEqual([{ SecretId: SECRET_ID }]);
    expect(inputs("GetSecretValue")).toEqual([{ SecretId: SECRET_ID, VersionStage: "AWSCURRENT" }]);
  });

  it("reads while the guard is under way and writes only after it", async () => {
    const { event } = givenRotation();
    const description = Promise.withResolvers<object>();
    api.on(DescribeSecretCommand).callsFake(() => description.promise);

    const run = handler(event("createSecret"), context());
    await vi.waitUntil(() => calls().length === 3);
    const before = calls().sort();
    description.resolve({ RotationEnabled: false });

    await expect(run).rejects.toMatchObject({ reason: "rotation-disabled" });
    expect(before).toEqual(["DescribeSecret", "GetRandomPassword", "GetSecretValue"]);
    expect(writes()).toEqual([]);
  });

  it("stores the user that the strategy names, and checks that user with the engine", async () => {
    const refusal = vi.fn(() => undefined);
    const strategy = { ...singleUser, nextUser: () => ({ username: "app_clone" }) };
    const { token, versions, event } = givenRotation();

    await rotation(fakeEngine("", { refusal }), strategy)(event("createSecret"), context());

    expect(versions[token]?.value).toBe(value({ username: "app_clone", password: "random-password" }));
    expect(refusal).toHaveBeenCalledWith("app_clone", "random-password");
  });

  it("passes RotationToken on when the event has one", async () => {
    const { event } = givenRotation();

    await handler(event("createSecret", { RotationToken: "rotation-token" }), context());

    expect(inputs("PutSecretValue")).toEqual([expect.objectContaining({ RotationToken: "rotation-token" })]);
  });

  it("keeps a value that is already under AWSPENDING", async () => {
    const pending = value({ password: "pending-password" });
    const { token, versions, event } = givenPending({ pending });

    await handler(event("createSecret"), context());

    expect(versions[token]?.value).toBe(pending);
    expect(inputs("GetSecretValue").at(-1)).toEqual({
      SecretId: SECRET_ID,
      VersionId: token,
      VersionStage: "AWSPENDING",
    });
    expect(logLines()).toMatchObject([{ message: expect.stringContaining("Kept"), outcome: "succeeded" }]);
  });

  it("keeps the password of its first run when it runs again", async () => {
    const { token, versions, event } = givenRotation();

    await handler(event("createSecret"), context());
    await handler(event("createSecret"), context());

    expect(versions[token]?.value).toBe(value({ password: "random-password" }));
  });

  it("waits for the value of a concurrent run that stored its own first", async () => {
    const { token, versions, event } = givenRotation();
    const selector = { VersionId: token };
    api.on(PutSecretValueCommand).rejects(apiError("ResourceExistsException"));
    api
      .on(GetSecretValueCommand, selector)
      .rejectsOnce(apiError("ResourceNotFoundException"))
      .resolves({ VersionId: token, SecretString: value({ password: "faster" }) });

    await handler(event("createSecret"), context());

    expect(writes()).toEqual(["PutSecretValue"]);
    expect(versions[token]?.value).toBeUndefined();
    expect(inputs("GetSecretValue")).toHaveLength(3);
  });

  it("gives up if the value of a concurrent run never becomes visible", async () => {
    const { event } = givenRotation();
    api.on(PutSecretValueCommand).rejects(apiError("ResourceExistsException"));

    const run = handler(event("createSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "no-value" });
    expect(inputs("GetSecretValue")).toHaveLength(1 + 5);
    expect(writes()).toEqual(["PutSecretValue"]);
  });

  it("refuses a value under AWSPENDING that is not a database secret", async () => {
    const { event } = givenPending({ pending: "not JSON" });

    const run = handler(event("createSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "malformed-secret" });
  });
});

describe("createSecret writes nothing", () => {
  it("when the engine refuses what it would store", async () => {
    const refusal = vi.fn(() => "The server cuts it off.");
    const { event } = givenRotation();

    const run = rotation(fakeEngine("", { refusal }), singleUser)(event("createSecret"), context());

    await expect(run).rejects.toMatchObject({
      reason: "unstorable",
      message: expect.stringContaining("The server cuts it off."),
    });
    expect(refusal).toHaveBeenCalledWith("app", "random-password");
    expect(writes()).toEqual([]);
  });

  it("when AWSCURRENT moves while it reads", async () => {
    const { event } = givenRotation();
    api.on(GetSecretValueCommand).resolves({ VersionId: "another-version", SecretString: value() });

    const run = handler(event("createSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "secret-changed" });
    expect(writes()).toEqual([]);
  });

  it("when the secret has no current value", async () => {
    const { versions, event } = givenRotation();
    delete versions[CURRENT_VERSION];

    const run = handler(event("createSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "no-current-version" });
    expect(writes()).toEqual([]);
  });

  it("a second time when the service refuses the value", async () => {
    const { event } = givenRotation();
    api.on(PutSecretValueCommand).rejects(apiError("LimitExceededException"));

    const run = handler(event("createSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "secrets-manager" });
    expect(writes()).toEqual(["PutSecretValue"]);
  });

  it("when GetRandomPassword answers without a password", async () => {
    const { event } = givenRotation();
    api.on(GetRandomPasswordCommand).resolves({});

    const run = handler(event("createSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "secrets-manager" });
    expect(writes()).toEqual([]);
  });
});
