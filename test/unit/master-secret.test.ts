import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Login } from "../../shared/engine/engine.ts";
import { rotation } from "../../shared/rotation.ts";
import { masterUser } from "../../shared/strategies/master-user.ts";
import { fakeServer } from "./fake-server.ts";
import { appValue, givenTurn, MASTER_ARN, mastersRead, masterValue } from "./given-master.ts";
import { context } from "./invoke.ts";
import { logText } from "./log-lines.ts";
import { api, apiError } from "./secrets-manager.ts";

const DEFAULT_ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:master-of-all-g7h8i9";

let server: ReturnType<typeof fakeServer>;

beforeEach(() => {
  server = fakeServer();
  vi.stubEnv("MASTER_SECRET_ARN", undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Runs setSecret of a secret and its master, from which the master's login is to be told. */
async function setSecret(user: Record<string, unknown>, master: string | undefined): Promise<void> {
  const { event } = givenTurn({
    current: appValue(user),
    pending: appValue({ ...user, username: "app_clone", password: "pending-password" }),
    others: { [MASTER_ARN]: master, [DEFAULT_ARN]: master },
  });
  await rotation(server, masterUser)(event("setSecret"), context());
}

function masterLogin(): Login | undefined {
  return server.logins.find(({ username }) => username === "master");
}

describe("the master secret", () => {
  const read = (arn: string) => [{ SecretId: arn, VersionStage: "AWSCURRENT" }];

  it.each([
    { where: "in the secret", masterarn: MASTER_ARN, environment: undefined, arn: MASTER_ARN },
    { where: "in the environment", masterarn: undefined, environment: DEFAULT_ARN, arn: DEFAULT_ARN },
    { where: "in the secret before all", masterarn: MASTER_ARN, environment: DEFAULT_ARN, arn: MASTER_ARN },
  ])("is the one named $where", async ({ masterarn, environment, arn }) => {
    vi.stubEnv("MASTER_SECRET_ARN", environment);

    await setSecret({ masterarn }, masterValue());

    expect(mastersRead()).toEqual(read(arn));
    expect(server.users.app_clone).toBe("pending-password");
  });

  it.each([undefined, ""])("is reported as missing if none is named: %o", async (environment) => {
    vi.stubEnv("MASTER_SECRET_ARN", environment);

    const run = setSecret({ masterarn: undefined }, masterValue());

    await expect(run).rejects.toMatchObject({
      reason: "malformed-secret",
      message: expect.stringMatching(/^The secret names no master secret\..*"masterarn".*MASTER_SECRET_ARN/),
    });
    expect(server.journal).toEqual(["app logs in", "app leaves"]);
  });

  it("provides the user that logs in, and the rotated secret provides the server", async () => {
    await setSecret({ port: 6432, dbname: "orders" }, masterValue({ port: "6432", dbname: "admin" }));

    expect(masterLogin()).toEqual({
      host: "db.example",
      port: 6432,
      database: "orders",
      username: "master",
      password: "master-password",
      tls: { serverName: undefined },
    });
  });

  it.each([
    { what: "DecryptionFailure", message: "", file: "policies/master-secret-key.json" },
    { what: "AccessDeniedException", message: "… kms:Decrypt …", file: "policies/master-secret-key.json" },
    { what: "AccessDeniedException", message: "not yours", file: "policies/rotation-master-user.json" },
  ])(
    "is named, with the remedy in $file, when the role may not read it: $what $message",
    async ({ what, message, file }) => {
      const { event } = givenTurn();
      api.on(GetSecretValueCommand, { SecretId: MASTER_ARN }).rejects(apiError(what, message));

      const run = rotation(server, masterUser)(event("setSecret"), context());

      const says = new RegExp(`may not read the master secret ${MASTER_ARN}\\..*${file}`);
      await expect(run).rejects.toMatchObject({
        reason: "access-denied",
        message: expect.stringMatching(says),
      });
      expect([...server.inside]).toEqual([]);
    },
  );

  it("is not named in an error that has another cause", async () => {
    const { event } = givenTurn();
    api.on(GetSecretValueCommand, { SecretId: MASTER_ARN }).rejects(apiError("InternalServiceError"));

    const run = rotation(server, masterUser)(event("setSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "secrets-manager" });
    expect([...server.inside]).toEqual([]);
  });

  it("is named when it does not exist", async () => {
    const run = setSecret({}, undefined);

    await expect(run).rejects.toMatchObject({
      reason: "malformed-secret",
      message: expect.stringMatching(new RegExp(`no master secret ${MASTER_ARN}.*Correct "masterarn"`)),
    });
    expect(server.journal).toEqual(["app logs in", "app leaves"]);
  });

  it.each([
    { what: "not JSON", master: "master-password", says: "is not a JSON object" },
    { what: "a list", master: '["master-password"]', says: "is not a JSON object" },
    { what: "without user", master: masterValue({ username: undefined }), says: '"username" is missing' },
    { what: "without password", master: masterValue({ password: undefined }), says: '"password" is missing' },
    {
      what: "of a number",
      master: masterValue({ password: ["master-password"] }),
      says: '"password" must be',
    },
    { what: "with an empty host", master: masterValue({ host: "" }), says: '"host" must be' },
    { what: "with a socket", master: masterValue({ host: "/master-password" }), says: '"host" must be' },
    { what: "with a port too high", master: masterValue({ port: 65_536 }), says: '"port" must be' },
    { what: "with another ssl", master: masterValue({ ssl: "master-password" }), says: '"ssl" must be' },
  ])("is not quoted when it is $what", async ({ master, says }) => {
    vi.stubEnv("DATABASE_HOST", "db.example");

    const run = setSecret({}, master);

    await expect(run).rejects.toMatchObject({
      reason: "malformed-secret",
      message: expect.stringMatching(new RegExp(`under the master secret .*${says}`)),
    });
    expect(logText()).not.toContain("master-password");
    expect(server.journal).toEqual(["app logs in", "app leaves"]);
  });

  it("is refused when it is binary", async () => {
    const { event } = givenTurn();
    api.on(GetSecretValueCommand, { SecretId: MASTER_ARN }).resolves({ VersionId: "1" });

    const run = rotation(server, masterUser)(event("setSecret"), context());

    await expect(run).rejects.toThrow("The value under the master secret is binary");
    expect([...server.inside]).toEqual([]);
  });
});
