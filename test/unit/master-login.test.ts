import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Login } from "../../shared/engine/engine.ts";
import { rotation } from "../../shared/rotation.ts";
import { masterUser } from "../../shared/strategies/master-user.ts";
import { fakeServer } from "./fake-server.ts";
import { appValue, givenTurn, MASTER_ARN, masterValue } from "./given-master.ts";
import { context } from "./invoke.ts";
import "./log-lines.ts";

const managedByRds = JSON.stringify({ username: "master", password: "master-password" });

let server: ReturnType<typeof fakeServer>;

beforeEach(() => {
  server = fakeServer();
  vi.stubEnv("MASTER_SECRET_ARN", undefined);
  vi.stubEnv("DATABASE_HOST", undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Runs setSecret of a secret and its master, for the login that the master makes. */
async function setSecret(user: Record<string, unknown>, master: string | undefined): Promise<void> {
  const { event } = givenTurn({
    current: appValue(user),
    pending: appValue({ ...user, username: "app_clone", password: "pending-password" }),
    others: { [MASTER_ARN]: master },
  });
  await rotation(server, masterUser)(event("setSecret"), context());
}

function masterLogin(): Login | undefined {
  return server.logins.find(({ username }) => username === "master");
}

describe("the master's password goes nowhere else", () => {
  it.each([
    { what: "host", user: {}, master: { host: "other.example" } },
    { what: "host, as the user's secret was edited", user: { host: "attacker.example" }, master: {} },
    { what: "port", user: {}, master: { port: 6432 } },
    { what: "port, as the user's secret was edited", user: { port: 6432 }, master: { port: 5432 } },
  ])("when it is for another $what", async ({ user, master }) => {
    const run = setSecret(user, masterValue(master));

    await expect(run).rejects.toMatchObject({
      reason: "secret-changed",
      message: expect.stringMatching(/host or port of the secret is not that of the master secret/),
    });
    expect(server.journal).toEqual(["app logs in", "app leaves"]);
  });

  it("although DATABASE_HOST says so: the master secret has a host of its own", async () => {
    vi.stubEnv("DATABASE_HOST", "db.example");

    const run = setSecret({}, masterValue({ host: "other.example" }));

    await expect(run).rejects.toMatchObject({ reason: "secret-changed" });
    expect(masterLogin()).toBeUndefined();
  });

  it("than to its own host, whatever DATABASE_HOST says", async () => {
    vi.stubEnv("DATABASE_HOST", "other.example");

    await setSecret({}, masterValue());

    expect(masterLogin()?.host).toBe("db.example");
  });

  it.each([
    { what: "the engine's own port, spelled out", user: {}, master: { port: "5432" } },
    { what: "the engine's own port, in the user's secret", user: { port: 5432 }, master: {} },
  ])("than to $what", async ({ user, master }) => {
    await setSecret(user, masterValue(master));

    expect(masterLogin()).toMatchObject({ host: "db.example", port: 5432 });
  });
});

describe("a master whose secret RDS manages", () => {
  it("logs in to the host that DATABASE_HOST pins, with TLS", async () => {
    vi.stubEnv("DATABASE_HOST", "db.example");

    await setSecret({ port: 6432 }, managedByRds);

    expect(masterLogin()).toEqual({
      host: "db.example",
      port: 6432,
      database: "fakedb",
      username: "master",
      password: "master-password",
      tls: { serverName: undefined },
    });
  });

  it.each([undefined, ""])("is not used without DATABASE_HOST: %o", async (environment) => {
    vi.stubEnv("DATABASE_HOST", environment);

    const run = setSecret({}, managedByRds);

    await expect(run).rejects.toMatchObject({
      reason: "malformed-secret",
      message: expect.stringMatching(/has no host.*Set DATABASE_HOST/),
    });
    expect(server.journal).toEqual(["app logs in", "app leaves"]);
  });

  it("is not used on another host than DATABASE_HOST", async () => {
    vi.stubEnv("DATABASE_HOST", "db.example");

    const run = setSecret({ host: "attacker.example" }, managedByRds);

    await expect(run).rejects.toMatchObject({ reason: "secret-changed" });
    expect(masterLogin()).toBeUndefined();
  });
});

describe("the master's TLS", () => {
  const verified = { serverName: undefined };

  it.each([
    { user: undefined, master: undefined, tls: verified },
    { user: true, master: true, tls: verified },
    { user: true, master: false, tls: verified },
    { user: undefined, master: "false", tls: verified },
    { user: false, master: undefined, tls: verified },
    { user: false, master: true, tls: verified },
    { user: "false", master: "True", tls: verified },
    { user: false, master: false, tls: false },
  ])("is off only where both secrets say so: user $user, master $master", async ({ user, master, tls }) => {
    await setSecret({ ssl: user }, masterValue({ ssl: master }));

    expect(masterLogin()?.tls).toEqual(tls);
  });

  it("is on for a master secret that RDS manages, even if the user's secret has ssl: false", async () => {
    vi.stubEnv("DATABASE_HOST", "db.example");

    await setSecret({ ssl: false }, managedByRds);

    expect(masterLogin()?.tls).toEqual(verified);
    expect(server.logins[0]?.tls).toBe(false);
  });

  it("ignores sslServerName of the user's secret, which a secret writer chooses", async () => {
    await setSecret({ sslServerName: "attacker.example" }, masterValue());

    expect(masterLogin()?.tls).toEqual({ serverName: undefined });
  });

  it("uses sslServerName of the master secret, also if the user's secret has ssl: false", async () => {
    const user = { ssl: false, sslServerName: "ignored.internal" };

    await setSecret(user, masterValue({ sslServerName: "db.internal" }));

    expect(masterLogin()?.tls).toEqual({ serverName: "db.internal" });
  });
});
