import { DescribeSecretCommand, GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { describe, expect, it, vi } from "vitest";
import { RotationError } from "../../shared/report/errors.ts";
import { rotation } from "../../shared/rotation.ts";
import { singleUser } from "../../shared/strategies/single-user.ts";
import { fakeEngine } from "./fake-engine.ts";
import { givenPending, givenRotation, value } from "./given.ts";
import { context, SECRET_ID } from "./invoke.ts";
import "./log-lines.ts";
import { api, apiError, calls, inputs } from "./secrets-manager.ts";

vi.mock("node:timers/promises", () => ({ setTimeout: async () => {} }));

describe("testSecret", () => {
  it("logs in with the pending value by two reads and no write", async () => {
    const engine = fakeEngine("pending-password");
    const { token, event } = givenPending();

    await rotation(engine, singleUser)(event("testSecret"), context());

    expect(engine.calls).toEqual(["login pending-password", "close"]);
    expect(calls().sort()).toEqual(["DescribeSecret", "GetSecretValue"]);
    expect(inputs("GetSecretValue")).toEqual([
      { SecretId: SECRET_ID, VersionId: token, VersionStage: "AWSPENDING" },
    ]);
  });

  it("passes on a pending copy of the current value, as RotateImmediately=false tests it", async () => {
    const engine = fakeEngine("current-password");
    const { event } = givenPending({ pending: value() });

    await rotation(engine, singleUser)(event("testSecret"), context());

    expect(engine.calls).toEqual(["login current-password", "close"]);
  });

  it("passes again when it runs again", async () => {
    const engine = fakeEngine("pending-password");
    const { event } = givenPending();

    await rotation(engine, singleUser)(event("testSecret"), context());
    await rotation(engine, singleUser)(event("testSecret"), context());

    expect(engine.accepted).toBe("pending-password");
  });

  it("logs in with everything that the secret says", async () => {
    const engine = fakeEngine("p");
    const pending = { port: "6432", dbname: "orders", password: "p", sslServerName: "db.internal" };
    const { event } = givenPending({ pending: value(pending) });

    await rotation(engine, singleUser)(event("testSecret"), context());

    expect(engine.logins).toEqual([
      {
        host: "db.example",
        port: 6432,
        database: "orders",
        username: "app",
        password: "p",
        tls: { serverName: "db.internal" },
      },
    ]);
  });

  it("reads while the guard is under way and connects only after it", async () => {
    const engine = fakeEngine("pending-password");
    const { event } = givenPending();
    const description = Promise.withResolvers<object>();
    api.on(DescribeSecretCommand).callsFake(() => description.promise);

    const run = rotation(engine, singleUser)(event("testSecret"), context());
    await vi.waitUntil(() => calls().length === 2);
    description.resolve({ RotationEnabled: false });

    await expect(run).rejects.toMatchObject({ reason: "rotation-disabled" });
    expect(engine.calls).toEqual([]);
  });

  it("reads again when the pending value is not visible yet", async () => {
    const engine = fakeEngine("pending-password");
    const { token, event } = givenPending();
    api
      .on(GetSecretValueCommand)
      .rejectsOnce(apiError("ResourceNotFoundException"))
      .resolves({ VersionId: token, SecretString: value({ password: "pending-password" }) });

    await rotation(engine, singleUser)(event("testSecret"), context());

    expect(engine.calls).toEqual(["login pending-password", "close"]);
  });
});

describe("testSecret refuses", () => {
  it("a pending password that does not log in", async () => {
    const engine = fakeEngine("current-password");
    const { event } = givenPending();

    const run = rotation(engine, singleUser)(event("testSecret"), context());

    await expect(run).rejects.toMatchObject({
      reason: "login-rejected",
      message: expect.stringContaining("AWSPENDING"),
    });
    expect(engine.calls).toEqual(["login pending-password"]);
  });

  it("a pending version without a value", async () => {
    const engine = fakeEngine("current-password");
    const { event } = givenRotation();

    const run = rotation(engine, singleUser)(event("testSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "no-value" });
    expect(inputs("GetSecretValue")).toHaveLength(5);
    expect(engine.calls).toEqual([]);
  });

  it("a pending value that is not a secret for a database", async () => {
    const { event } = givenPending({ pending: "[]" });

    const run = rotation(fakeEngine(""), singleUser)(event("testSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "malformed-secret" });
  });

  it("with the engine's own error when the database cannot be reached", async () => {
    const engine = fakeEngine("", {
      async connect() {
        throw new RotationError("unreachable", "No route.", "Make one.");
      },
    });
    const { event } = givenPending();

    const run = rotation(engine, singleUser)(event("testSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "unreachable", message: "No route. Make one." });
  });
});
