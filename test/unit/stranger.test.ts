import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { beforeEach, describe, expect, it } from "vitest";
import { rotation } from "../../shared/rotation.ts";
import { masterUser } from "../../shared/strategies/master-user.ts";
import { type FakeServer, fakeServer } from "./fake-server.ts";
import type { Situation } from "./given.ts";
import { appValue, givenTurn } from "./given-master.ts";
import { context, SECRET_ID } from "./invoke.ts";
import { logText } from "./log-lines.ts";
import { api, apiError, inputs } from "./secrets-manager.ts";

const STATEMENT = 'GRANT "app" TO "app_clone"';
const PREVIOUS = { SecretId: SECRET_ID, VersionStage: "AWSPREVIOUS" };
const previous = appValue({ username: "app_clone", password: "previous-password" });

let server: FakeServer;

/** The alternate user exists, and does not carry the mark. */
beforeEach(() => {
  server = fakeServer({ app_clone: "previous-password" });
  server.missingMark.mockResolvedValue(STATEMENT);
});

function setSecret(situation: Situation): Promise<void> {
  const { event } = givenTurn(situation);
  return rotation(server, masterUser)(event("setSecret"), context());
}

describe("an alternate user without the mark is taken over", () => {
  it("when it logs in with the password under AWSPREVIOUS, before anything is changed", async () => {
    await setSecret({ previous });

    expect(server.journal).toEqual([
      "app logs in",
      "master logs in",
      "master looks for the mark of app_clone",
      "app_clone logs in",
      "app_clone leaves",
      "master prepares app_clone",
      "master leaves",
      "app leaves",
    ]);
    expect(server.users.app_clone).toBe("pending-password");
  });

  it("by a login to the database, and with the TLS, of the current value", async () => {
    const old = { port: "5432", dbname: "old", ssl: false, sslServerName: "old.internal" };
    const kept = { dbname: "orders", sslServerName: "db.internal" };

    await setSecret({
      current: appValue(kept),
      pending: appValue({ ...kept, username: "app_clone", password: "pending-password" }),
      previous: appValue({ username: "app_clone", password: "previous-password", ...old }),
    });

    expect(server.logins[2]).toEqual({
      host: "db.example",
      port: 5432,
      database: "orders",
      username: "app_clone",
      password: "previous-password",
      tls: { serverName: "db.internal" },
    });
  });

  it("when the secret names it, and nobody asks for AWSPREVIOUS", async () => {
    await setSecret({ current: appValue({ alternateUsername: "app_clone" }), previous });

    expect(server.users.app_clone).toBe("pending-password");
    expect(inputs("GetSecretValue")).not.toContainEqual(PREVIOUS);
  });
});

describe("a stranger is left alone", () => {
  it.each([
    { why: "there is no AWSPREVIOUS", situation: {}, logins: 2 },
    {
      why: "AWSPREVIOUS is of the current user",
      situation: { previous: appValue({ password: "previous-password" }) },
      logins: 2,
    },
    {
      why: "AWSPREVIOUS is of a third user",
      situation: { previous: appValue({ username: "app_clone2", password: "previous-password" }) },
      logins: 2,
    },
    { why: "AWSPREVIOUS is not a secret", situation: { previous: "not JSON" }, logins: 2 },
    {
      why: "the password under AWSPREVIOUS is rejected",
      situation: { previous: appValue({ username: "app_clone", password: "guessed-password" }) },
      logins: 3,
    },
  ])("when $why", async ({ situation, logins }) => {
    const run = setSecret(situation);

    await expect(run).rejects.toMatchObject({
      reason: "stranger",
      message: expect.stringMatching(/^The user app_clone exists.*another alternateUsername\.$/),
    });
    await expect(run).rejects.toThrow(`run as an administrator: ${STATEMENT} `);
    expect(server.logins).toHaveLength(logins);
    expect(server.prepareAlternate).not.toHaveBeenCalled();
    expect([...server.inside]).toEqual([]);
    expect(logText()).not.toMatch(/-password/);
  });

  it("when AWSPREVIOUS has vanished", async () => {
    const { event } = givenTurn({ previous });
    api.on(GetSecretValueCommand, PREVIOUS).rejects(apiError("ResourceNotFoundException"));

    const run = rotation(server, masterUser)(event("setSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "stranger" });
    expect(server.prepareAlternate).not.toHaveBeenCalled();
  });

  it("when AWSPREVIOUS could not be read, from which nothing is concluded", async () => {
    const { event } = givenTurn({ previous });
    api.on(GetSecretValueCommand, PREVIOUS).rejects(apiError("InternalServiceError"));

    const run = rotation(server, masterUser)(event("setSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "secrets-manager" });
    expect(server.prepareAlternate).not.toHaveBeenCalled();
  });
});

describe("AWSPREVIOUS", () => {
  it("is not read when the mark is there", async () => {
    server.missingMark.mockResolvedValue(undefined);

    await setSecret({ previous });

    expect(inputs("GetSecretValue")).not.toContainEqual(PREVIOUS);
    expect(server.users.app_clone).toBe("pending-password");
  });

  it.each([{ host: "old.example" }, { port: 1 }])(
    "never sends its password to a server of its own: %o",
    async (elsewhere) => {
      const old = appValue({ username: "app_clone", password: "previous-password", ...elsewhere });

      await setSecret({ previous: old }).catch(() => {});

      expect(server.logins.map(({ host, port }) => `${host}:${port}`)).toEqual(
        server.logins.map(() => "db.example:5432"),
      );
    },
  );
});
