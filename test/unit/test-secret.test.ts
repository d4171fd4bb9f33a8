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
  it("logs in with the pending value after three reads, and writes nothing", async () => {
    const engine = fakeEngine("pending-password");
    const { token, event } = givenPending();

    await rotation(engine, singleUser)(event("testSecret"), context());

    expect(engine.calls).toEqual(["login pending-password", "close"]);
    expect(calls().sort()).toEqual(["DescribeSecret", "GetSecretValue", "GetSecretValue"]);
    expect(inputs("GetSecretValue")).toEqual([
      { SecretId: SECRET_ID, VersionId: token, VersionStage: "AWSPENDING" },
      { SecretId: SECRET_ID, VersionStage: "AWSCURRENT" },
    ]);
  });

  it("does not read AWSCURRENT again after setSecret has compared the two values in the same process", async () => {
    const { event } = givenPending();
    const handler = rotation(fakeEngine("current-password"), singleUser);
    await handler(event("setSecret"), context());
    api.resetHistory();

    await handler(event("testSecret"), context());

    expect(calls().sort()).toEqual(["DescribeSecret", "GetSecretValue"]);
  });

  it("compares the two values again if AWSCURRENT has moved since setSecret", async () => {
    const { versions, event } = givenPending();
    const handler = rotation(fakeEngine("current-password"), singleUser);
    await handler(event("setSecret"), context());
    const [holder] = Object.entries(versions).find(([, { labels }]) => labels.includes("AWSCURRENT")) ?? [];
    versions[String(holder)] = { ...versions[String(holder)], labels: ["AWSPREVIOUS"] };
    const edited = value({ username: "another_user" });
    versions["00000000-0000-4000-8000-000000000009"] = { labels: ["AWSCURRENT"], value: edited };

    const run = handler(event("testSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "secret-changed" });
  });

  it("passes on a pending copy of the current value, as RotateImmediately=false tests it", async () => {
    const engine = fakeEngine("current-password");
    const { event } = givenPending({ pending: value() });

    await rotation(engine, singleUser)(event("testSecret"), context());

    expect(engine.calls).toEqual(["login current-password", "close"]);
  });

  it("passes on such a copy that names an alternateUsername", async () => {
    const engine = fakeEngine("current-password");
    const copy = value({ alternateUsername: "nobody_at_all" });
    const { event } = givenPending({ current: copy, pending: copy });

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

  it("logs in with every connection field of the secret", async () => {
    const engine = fakeEngine("p");
    const document = { port: "6432", dbname: "orders", sslServerName: "db.internal" };
    const { event } = givenPending({
      current: value(document),
      pending: value({ ...document, password: "p" }),
    });

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
    await vi.waitUntil(() => calls().length === 3);
    description.resolve({ RotationEnabled: false });

    await expect(run).rejects.toMatchObject({ reason: "rotation-disabled" });
    expect(engine.calls).toEqual([]);
  });

  it("reads again when the pending value is not visible yet", async () => {
    const engine = fakeEngine("pending-password");
    const { token, event } = givenPending();
    api
      .on(GetSecretValueCommand, { VersionId: token })
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
    expect(inputs("GetSecretValue")).toHaveLength(1 + 5);
    expect(engine.calls).toEqual([]);
  });

  it("a pending value that is not a secret for a database", async () => {
    const { event } = givenPending({ pending: "[]" });

    const run = rotation(fakeEngine(""), singleUser)(event("testSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "malformed-secret" });
  });

  it.each([
    { what: "user", change: { username: "admin" } },
    { what: "alternateUsername", change: { alternateUsername: "nobody_at_all" } },
    { what: "host", change: { host: "attacker.example" } },
    { what: "port", change: { port: 6432 } },
    { what: "database", change: { dbname: "other" } },
    { what: "TLS", change: { ssl: false } },
    { what: "masterarn", change: { masterarn: "arn:aws:x:1:secret:other" } },
    { what: "key of the application", change: { apiKey: "edited" } },
  ])("a pending value with another $what than the current one, before it logs in", async ({ change }) => {
    const engine = fakeEngine("pending-password");
    const { event } = givenPending({ pending: value({ password: "pending-password", ...change }) });

    const run = rotation(engine, singleUser)(event("testSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "secret-changed" });
    expect(engine.calls).toEqual([]);
  });

  it("a copy of the current value that does not log in, and names AWSCURRENT", async () => {
    const { event } = givenPending({ pending: value() });

    const run = rotation(fakeEngine("changed-by-hand"), singleUser)(event("testSecret"), context());

    await expect(run).rejects.toMatchObject({
      reason: "login-rejected",
      message: expect.stringMatching(/password under AWSCURRENT.*rescue -- reset/),
    });
  });

  it("with the engine's own error when the database cannot be reached", async () => {
    const engine = fakeEngine("", {
      async connect() {
        throw new RotationError("unreachable", "No route.", "Make one.");
      },
    });
    const { event } = givenPending();

    const run = rotation(engine, singleUser)(event("testSecret"), context());

    await expect(run).rejects.toMatchObject({
      reason: "unreachable",
      message: "No route. Make one. [unreachable]",
    });
  });
});
