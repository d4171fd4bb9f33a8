import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { describe, expect, it } from "vitest";
import { RotationError } from "../../shared/report/errors.ts";
import { rotation } from "../../shared/rotation.ts";
import { singleUser } from "../../shared/strategies/single-user.ts";
import { type FakeEngine, fakeEngine, fakeSession } from "./fake-engine.ts";
import { givenPending, value } from "./given.ts";
import { context, SECRET_ID } from "./invoke.ts";
import { logLines, logText } from "./log-lines.ts";
import { api, apiError, inputs } from "./secrets-manager.ts";

const PREVIOUS = { SecretId: SECRET_ID, VersionStage: "AWSPREVIOUS" };
const previous = value({ password: "previous-password" });
const ALL_REJECTED = ["login current-password", "login pending-password", "login previous-password"];

function setSecret(engine: FakeEngine, situation: Parameters<typeof givenPending>[0] = {}): Promise<unknown> {
  const { event } = givenPending(situation);
  return rotation(engine, singleUser)(event("setSecret"), context());
}

describe("setSecret of a single user", () => {
  it("logs in with the current password and changes it, without a rejected login", async () => {
    const engine = fakeEngine("current-password");

    await setSecret(engine, { previous });

    expect(engine.calls).toEqual(["login current-password", "change to pending-password", "close"]);
  });

  it("changes nothing when the pending password works", async () => {
    const engine = fakeEngine("pending-password");

    await setSecret(engine, { previous });

    expect(engine.calls).toEqual(["login current-password", "login pending-password", "close"]);
    expect(inputs("GetSecretValue")).not.toContainEqual(PREVIOUS);
  });

  it("changes the password that is still the previous one", async () => {
    const engine = fakeEngine("previous-password");

    await setSecret(engine, { previous });

    expect(engine.calls).toEqual([...ALL_REJECTED, "change to pending-password", "close"]);
    expect(inputs("GetSecretValue")).toContainEqual(PREVIOUS);
  });

  it("uses the previous password with the current database and TLS", async () => {
    const engine = fakeEngine("previous-password");
    const old = value({ password: "previous-password", dbname: "old", ssl: false });

    const current = value({ dbname: "orders" });
    const pending = value({ dbname: "orders", password: "pending-password" });
    await setSecret(engine, { current, pending, previous: old });

    expect(engine.logins.at(-1)).toEqual({
      host: "db.example",
      port: 5432,
      database: "orders",
      username: "app",
      password: "previous-password",
      tls: { serverName: undefined },
    });
  });

  it.each([
    { name: "turns TLS off", written: { ssl: false } },
    { name: "names another certificate", written: { sslServerName: "attacker.example" } },
  ])("sends the previous password with its own TLS if a secret writer $name", async ({ written }) => {
    const engine = fakeEngine("previous-password");
    const current = value({ password: "not-the-password", ...written });
    const pending = value({ password: "pending-password", ...written });

    await setSecret(engine, { current, pending, previous });

    expect(engine.logins.at(-1)).toMatchObject({
      password: "previous-password",
      tls: { serverName: undefined },
    });
  });

  it("prints how to find the right password if none logs in, the rescue command first", async () => {
    const engine = fakeEngine("unknown-password");

    const run = setSecret(engine, { previous });

    await expect(run).rejects.toMatchObject({
      reason: "login-rejected",
      message: expect.stringMatching(
        new RegExp(
          `rescue -- unstick --try-unlabeled --secret-id ${SECRET_ID} .* list-secret-version-ids --secret-id ${SECRET_ID} `,
        ),
      ),
    });
    expect(engine.calls).toEqual(ALL_REJECTED);
    expect(logText()).not.toMatch(/-password/);
  });

  it.each([
    { why: "there is none", situation: {} },
    { why: "it is for another host", situation: { previous: value({ host: "old.example" }) } },
    { why: "it is for another port", situation: { previous: value({ port: 1 }) } },
    { why: "it is for another user", situation: { previous: value({ username: "other" }) } },
  ])("does not try a previous password when $why", async ({ situation }) => {
    const engine = fakeEngine("unknown-password");

    const run = setSecret(engine, situation);

    await expect(run).rejects.toMatchObject({ reason: "login-rejected" });
    expect(engine.calls).toEqual(["login current-password", "login pending-password"]);
  });

  it("does not read a previous version without a label", async () => {
    const run = setSecret(fakeEngine("unknown-password"));

    await expect(run).rejects.toMatchObject({ reason: "login-rejected" });
    expect(inputs("GetSecretValue")).not.toContainEqual(PREVIOUS);
  });

  it("succeeds with an unreadable previous version that it does not need", async () => {
    const engine = fakeEngine("current-password");

    await setSecret(engine, { previous: "not JSON" });

    expect(engine.accepted).toBe("pending-password");
  });

  it("ignores an unreadable previous version, and logs why", async () => {
    const run = setSecret(fakeEngine("unknown-password"), { previous: "not JSON" });

    await expect(run).rejects.toMatchObject({ reason: "login-rejected" });
    expect(logLines()).toContainEqual(
      expect.objectContaining({ level: "WARN", message: expect.stringContaining("AWSPREVIOUS") }),
    );
  });

  it("ignores a previous version that has vanished", async () => {
    const { event } = givenPending({ previous });
    api.on(GetSecretValueCommand, PREVIOUS).rejects(apiError("ResourceNotFoundException"));

    const run = rotation(fakeEngine("unknown-password"), singleUser)(event("setSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "login-rejected" });
    expect(inputs("GetSecretValue")).toContainEqual(PREVIOUS);
  });

  it("fails with the error of Secrets Manager if the previous version cannot be read", async () => {
    const { event } = givenPending({ previous });
    api.on(GetSecretValueCommand, PREVIOUS).rejects(apiError("InternalServiceError"));

    const run = rotation(fakeEngine("unknown-password"), singleUser)(event("setSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "secrets-manager" });
  });

  it("tries no other password when the database cannot be reached", async () => {
    let connects = 0;
    const engine = fakeEngine("", {
      connect() {
        connects++;
        throw new RotationError("unreachable", "No route.", "Make one.");
      },
    });

    const run = setSecret(engine, { previous });

    await expect(run).rejects.toMatchObject({
      reason: "unreachable",
      message: "No route. Make one. [unreachable]",
    });
    expect(connects).toBe(1);
  });

  it("closes the session when the change fails, and tries no other password", async () => {
    const closed: string[] = [];
    const engine = fakeEngine("", {
      connect: async (login) =>
        fakeSession(login, {
          async changeOwnPassword() {
            throw new RotationError("password-refused", "Too weak.", "Make it longer.");
          },
          async [Symbol.asyncDispose]() {
            closed.push(login.password);
          },
        }),
    });

    const run = setSecret(engine, { previous });

    await expect(run).rejects.toMatchObject({
      reason: "password-refused",
      message: expect.stringMatching(
        new RegExp(`^Too weak. Make it longer. .* unstick --secret-id ${SECRET_ID} - or`),
      ),
    });
    expect(closed).toEqual(["current-password"]);
  });
});
