import { DescribeSecretCommand, GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { rotation } from "../../shared/rotation.ts";
import { singleUser } from "../../shared/strategies/single-user.ts";
import { type FakeEngine, fakeEngine } from "./fake-engine.ts";
import { CURRENT_VERSION, givenPending, givenRotation, value } from "./given.ts";
import { context, SECRET_ID } from "./invoke.ts";
import "./log-lines.ts";
import { api, apiError, calls, inputs } from "./secrets-manager.ts";

vi.mock("node:timers/promises", () => ({ setTimeout: async () => {} }));

let engine: FakeEngine;
let handler: ReturnType<typeof rotation>;

beforeEach(() => {
  engine = fakeEngine("current-password");
  handler = rotation(engine, singleUser);
});

describe("setSecret", () => {
  it("changes the password by three reads and no write", async () => {
    const { token, event } = givenPending({ previous: value({ password: "previous-password" }) });

    await handler(event("setSecret"), context());

    expect(engine.accepted).toBe("pending-password");
    expect(calls().sort()).toEqual(["DescribeSecret", "GetSecretValue", "GetSecretValue"]);
    expect(inputs("GetSecretValue")).toEqual([
      { SecretId: SECRET_ID, VersionStage: "AWSCURRENT" },
      { SecretId: SECRET_ID, VersionId: token, VersionStage: "AWSPENDING" },
    ]);
  });

  it("reads while the guard is under way and connects only after it", async () => {
    const { event } = givenPending();
    const description = Promise.withResolvers<object>();
    api.on(DescribeSecretCommand).callsFake(() => description.promise);

    const run = handler(event("setSecret"), context());
    await vi.waitUntil(() => calls().length === 3);
    const connectedBefore = [...engine.calls];
    description.resolve({ RotationEnabled: false });

    await expect(run).rejects.toMatchObject({ reason: "rotation-disabled" });
    expect([...connectedBefore, ...engine.calls]).toEqual([]);
  });

  it("detects that the password is already set when it runs again", async () => {
    const { event } = givenPending();

    await handler(event("setSecret"), context());
    await handler(event("setSecret"), context());

    expect(engine.accepted).toBe("pending-password");
    expect(engine.calls.filter((call) => call.startsWith("change"))).toEqual(["change to pending-password"]);
  });

  it("reads again when the pending value is not visible yet", async () => {
    const { token, event } = givenPending();
    api
      .on(GetSecretValueCommand, { VersionId: token })
      .rejectsOnce(apiError("ResourceNotFoundException"))
      .resolves({ VersionId: token, SecretString: value({ password: "pending-password" }) });

    await handler(event("setSecret"), context());

    expect(engine.accepted).toBe("pending-password");
  });

  it("gives up when the pending version never gets a value", async () => {
    const { token, event } = givenRotation();

    const run = handler(event("setSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "no-value", message: expect.stringContaining(token) });
    expect(inputs("GetSecretValue")).toHaveLength(1 + 5);
    expect(engine.calls).toEqual([]);
  });

  it("treats a missing port as the engine's default port", async () => {
    const { event } = givenPending({ pending: value({ password: "pending-password", port: "5432" }) });

    await handler(event("setSecret"), context());

    expect(engine.accepted).toBe("pending-password");
  });
});

describe("setSecret connects to nothing", () => {
  it.each([
    { what: "host", pending: { host: "attacker.example" } },
    { what: "port", pending: { port: 6432 } },
    { what: "user", pending: { username: "admin" } },
  ])("when the pending version names another $what", async ({ pending }) => {
    const { token, event } = givenPending({ pending: value({ password: "pending-password", ...pending }) });

    const run = handler(event("setSecret"), context());

    await expect(run).rejects.toMatchObject({
      reason: "secret-changed",
      message: expect.stringContaining(`--remove-from-version-id ${token}`),
    });
    expect(engine.calls).toEqual([]);
  });

  it("when the engine refuses the pending password", async () => {
    const refusal = vi.fn(() => "The server takes it for a hash.");
    engine = fakeEngine("current-password", { refusal });
    const { token, event } = givenPending();

    const run = rotation(engine, singleUser)(event("setSecret"), context());

    await expect(run).rejects.toMatchObject({
      reason: "unstorable",
      message: expect.stringContaining(`--remove-from-version-id ${token}`),
    });
    expect(refusal).toHaveBeenCalledWith("app", "pending-password");
    expect(engine.calls).toEqual([]);
  });

  it("when AWSCURRENT moves while it reads", async () => {
    const { event } = givenPending();
    api
      .on(GetSecretValueCommand, { VersionStage: "AWSCURRENT" })
      .resolves({ VersionId: "another-version", SecretString: value() });

    const run = handler(event("setSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "secret-changed" });
    expect(engine.calls).toEqual([]);
  });

  it("when the version was promoted while it read: a concurrent run was faster", async () => {
    const { token, event } = givenPending();
    const labels = (own: string) => ({
      RotationEnabled: true,
      VersionIdsToStages: { [token]: [own], [CURRENT_VERSION]: ["AWSCURRENT"].filter((one) => one !== own) },
    });
    api.on(DescribeSecretCommand).resolvesOnce(labels("AWSPENDING")).resolves(labels("AWSCURRENT"));
    api
      .on(GetSecretValueCommand, { VersionStage: "AWSCURRENT" })
      .resolves({ VersionId: token, SecretString: value() });

    await handler(event("setSecret"), context());

    expect(engine.calls).toEqual([]);
  });

  it("when the secret has no current value", async () => {
    const { versions, event } = givenPending();
    delete versions[CURRENT_VERSION];

    const run = handler(event("setSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "no-current-version" });
    expect(engine.calls).toEqual([]);
  });

  it.each(["current", "pending"])("when the %s value is not a secret for a database", async (which) => {
    const { event } = givenPending({ [which]: "not JSON" });

    const run = handler(event("setSecret"), context());

    await expect(run).rejects.toMatchObject({
      reason: "malformed-secret",
      message: expect.stringContaining(`AWS${which.toUpperCase()}`),
    });
    expect(engine.calls).toEqual([]);
  });

  it("when the pending value is not a secret, and prints how to cancel the rotation", async () => {
    const { event } = givenPending({ pending: "not JSON" });

    const run = handler(event("setSecret"), context());

    await expect(run).rejects.toThrow("--version-stage AWSPENDING --remove-from-version-id");
  });

  it("when the current value was edited after createSecret, so that the edit is not lost", async () => {
    const { event } = givenPending({ current: value({ dbname: "moved" }) });

    const run = handler(event("setSecret"), context());

    await expect(run).rejects.toMatchObject({
      reason: "secret-changed",
      message: expect.stringContaining("--version-stage AWSPENDING --remove-from-version-id"),
    });
    expect(engine.calls).toEqual([]);
  });
});
