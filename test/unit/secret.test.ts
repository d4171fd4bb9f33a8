import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { describe, expect, it } from "vitest";
import { rotation } from "../../shared/rotation.ts";
import { singleUser } from "../../shared/strategies/single-user.ts";
import { fakeEngine } from "./fake-engine.ts";
import { CURRENT_VERSION, givenPending, givenRotation, value } from "./given.ts";
import { context } from "./invoke.ts";
import { logText } from "./log-lines.ts";
import { api, writes } from "./secrets-manager.ts";

const SECRET = "hunter2";
const usual = { password: SECRET };

function createSecretFrom(current: string): Promise<unknown> {
  const { event } = givenRotation({ current });
  return rotation(fakeEngine(SECRET), singleUser)(event("createSecret"), context());
}

/** The login that testSecret makes of a secret. */
async function loginOf(current: string) {
  const engine = fakeEngine(SECRET);
  const { event } = givenPending({ current, pending: current });
  await rotation(engine, singleUser)(event("testSecret"), context());
  return engine.logins[0];
}

describe("a secret is refused, and not quoted,", () => {
  it.each([
    { what: "not JSON", text: `{"password":"${SECRET}"` },
    { what: "empty", text: "" },
    { what: "an array", text: `["${SECRET}"]` },
    { what: "a string", text: `"${SECRET}"` },
    { what: "a number", text: "42" },
    { what: "null", text: "null" },
  ])("when it is $what", async ({ text }) => {
    const run = createSecretFrom(text);

    await expect(run).rejects.toMatchObject({
      reason: "malformed-secret",
      message: expect.stringMatching(/^The value under AWSCURRENT is not a JSON object\..*"engine": …/),
    });
    await expect(run).rejects.toThrow(/^(?!.*hunter2)/);
    expect(logText()).not.toContain(SECRET);
    expect(writes()).toEqual([]);
  });

  it("when it is binary", async () => {
    const { event } = givenRotation();
    const SecretBinary = new TextEncoder().encode(value());
    api.on(GetSecretValueCommand).resolves({ VersionId: CURRENT_VERSION, SecretBinary });

    const run = rotation(fakeEngine(""), singleUser)(event("createSecret"), context());

    await expect(run).rejects.toMatchObject({
      reason: "malformed-secret",
      message: expect.stringContaining("is binary, not a SecretString"),
    });
  });

  it.each(["engine", "host", "username", "password"])("when the key %s is missing", async (key) => {
    const run = createSecretFrom(value({ ...usual, [key]: undefined }));

    await expect(run).rejects.toMatchObject({
      reason: "malformed-secret",
      message: expect.stringContaining(`the key "${key}" is missing; it must be `),
    });
    await expect(run).rejects.toThrow(/^(?!.*hunter2)/);
    expect(writes()).toEqual([]);
  });

  const wrong: Record<string, unknown[]> = {
    engine: [1, null, ["fake"], "postgres", "", "constructor"],
    host: [
      ...[1, null, "", "/var/run/postgresql", "db example", "db.example\n", "db\0.example", ["db"]],
      ...["db.example:5432", "[fd00::1]", "fd00::1:x", "postgres://db.example", "app@db.example", "db,db2"],
    ],
    username: [1, null, "", "app\0admin", {}],
    password: [1, null, "", `${SECRET}\0`, [SECRET]],
    port: [0, -1, 65_536, 1.5, "abc", "1e3", "0x10", true, [5432]],
    dbname: [1, "orders\0"],
    ssl: ["prefer", "no", "off", "disable", 0, [], {}],
    sslServerName: [1, "db\0"],
  };
  it.each(
    Object.entries(wrong).flatMap(([key, values]) => values.map((bad) => [key, JSON.stringify(bad), bad])),
  )("when %s is %s", async (key, _json, bad) => {
    const run = createSecretFrom(value({ ...usual, [String(key)]: bad }));

    await expect(run).rejects.toMatchObject({
      reason: "malformed-secret",
      message: expect.stringContaining(`the key "${key}" must be `),
    });
    await expect(run).rejects.toThrow(/^(?!.*hunter2)/);
    expect(logText()).not.toContain(SECRET);
    expect(writes()).toEqual([]);
  });

  it("when it is for another engine, and the error names the accepted engines", async () => {
    const run = createSecretFrom(value({ engine: "mysql" }));

    await expect(run).rejects.toThrow('the key "engine" must be "fake" or "aurora-fake" for this function');
  });

  it("when its keys are inherited properties", async () => {
    const run = createSecretFrom(`{"__proto__":${value(usual)}}`);

    await expect(run).rejects.toMatchObject({ reason: "malformed-secret" });
  });
});

describe("a secret is read", () => {
  it.each([
    { what: "without port", changes: {}, expected: 5432 },
    { what: "with a number", changes: { port: 6432 }, expected: 6432 },
    { what: "with digits", changes: { port: "6432" }, expected: 6432 },
    { what: "with the lowest", changes: { port: 1 }, expected: 1 },
    { what: "with the highest", changes: { port: 65_535 }, expected: 65_535 },
  ])("with a port: $what", async ({ changes, expected }) => {
    const login = await loginOf(value({ ...usual, ...changes }));

    expect(login?.port).toBe(expected);
  });

  it.each([
    { ssl: undefined, tls: { serverName: undefined } },
    { ssl: true, tls: { serverName: undefined } },
    { ssl: "True", tls: { serverName: undefined } },
    { ssl: false, tls: false },
    { ssl: "false", tls: false },
    { ssl: "FALSE", tls: false },
  ])("with TLS unless ssl is false: $ssl", async ({ ssl, tls }) => {
    const login = await loginOf(value({ ...usual, ssl }));

    expect(login?.tls).toEqual(tls);
  });

  it("with TLS even if a key __proto__ contains ssl: false", async () => {
    const login = await loginOf(value(usual).replace("{", '{"__proto__":{"ssl":false,"port":1},'));

    expect(login).toMatchObject({ port: 5432, tls: { serverName: undefined } });
  });

  it.each([
    { dbname: undefined, database: "fakedb" },
    { dbname: "orders", database: "orders" },
  ])("with the engine's own database unless it names one: $dbname", async ({ dbname, database }) => {
    const login = await loginOf(value({ ...usual, dbname }));

    expect(login?.database).toBe(database);
  });

  it("with an IPv6 address", async () => {
    const login = await loginOf(value({ ...usual, host: "fd00::1" }));

    expect(login?.host).toBe("fd00::1");
  });
});
