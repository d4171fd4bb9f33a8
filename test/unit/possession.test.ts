import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { beforeEach, describe, expect, it } from "vitest";
import { rotation } from "../../shared/rotation.ts";
import { masterUser } from "../../shared/strategies/master-user.ts";
import { type FakeServer, fakeServer, MARK, passwordOf, planOf } from "./fake-server.ts";
import type { Situation } from "./given.ts";
import { appValue, givenTurn } from "./given-master.ts";
import { context, SECRET_ID } from "./invoke.ts";
import { logText } from "./log-lines.ts";
import { api, apiError, inputs } from "./secrets-manager.ts";

const PREVIOUS = { SecretId: SECRET_ID, VersionStage: "AWSPREVIOUS" };
const previous = appValue({ username: "app_clone", password: "previous-password" });

let server: FakeServer;

/** The alternate user exists, without an ownership marker. */
beforeEach(() => {
  server = fakeServer({ app_clone: "previous-password" });
  server.facts.ownership = { marker: undefined };
});

function setSecret(situation: Situation): Promise<unknown> {
  const { event } = givenTurn(situation);
  return rotation(server, masterUser)(event("setSecret"), context());
}

describe("an alternate user without an ownership marker is taken over", () => {
  it("if it logs in with the password under AWSPREVIOUS, before anything is changed", async () => {
    await setSecret({ previous });

    expect(server.journal).toEqual([
      "app logs in",
      "master logs in",
      "master locks app_clone",
      "master compares app_clone with app",
      "app_clone logs in",
      "app_clone leaves",
      "master runs PASSWORD OF app_clone",
      "master leaves",
      "app leaves",
    ]);
    expect(server.plan.mock.calls).toMatchObject([["possessed", {}]]);
    expect(server.users.app_clone).toBe("pending-password");
  });

  it("if it logs in with the password under AWSPENDING: an earlier run of setSecret has set it", async () => {
    server.users.app_clone = "pending-password";

    await setSecret({});

    expect(server.plan.mock.calls).toMatchObject([["possessed", {}]]);
    expect(server.logins.map(({ password }) => password)).toEqual([
      "current-password",
      "master-password",
      "pending-password",
    ]);
  });

  it("if it logs in with the one under AWSPENDING, after the one under AWSPREVIOUS was rejected", async () => {
    server.users.app_clone = "pending-password";

    await setSecret({ previous });

    expect(server.plan.mock.calls).toMatchObject([["possessed", {}]]);
    expect(server.journal.filter((entry) => entry.startsWith("app_clone"))).toEqual([
      "app_clone is rejected",
      "app_clone logs in",
      "app_clone leaves",
    ]);
  });

  it("after one login, though the plan takes two rounds", async () => {
    const grant = { statement: "GRANT SELECT ON orders TO app_clone", kind: "adds" } as const;
    server.plan.mockReturnValueOnce(planOf([grant, passwordOf("app_clone")], { replan: true }));

    await setSecret({ previous });

    expect(server.plan.mock.calls).toMatchObject([
      ["possessed", {}],
      ["possessed", {}],
    ]);
    expect(server.journal.filter((entry) => entry === "app_clone logs in")).toHaveLength(1);
    expect(
      inputs("GetSecretValue").filter((input) => JSON.stringify(input).includes("AWSPREVIOUS")),
    ).toHaveLength(1);
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
});

it.each([
  { name: "turns TLS off", written: { ssl: false } },
  { name: "names another certificate", written: { sslServerName: "attacker.example" } },
])("sends the previous password with its own TLS if a secret writer $name", async ({ written }) => {
  await setSecret({
    current: appValue(written),
    pending: appValue({ ...written, username: "app_clone", password: "pending-password" }),
    previous,
  });

  expect(server.logins[2]).toMatchObject({
    password: "previous-password",
    tls: { serverName: undefined },
  });
});

describe("an alternate user without an ownership marker is refused", () => {
  const ofNamed = {
    current: appValue({ alternateUsername: "app_clone" }),
    pending: appValue({ username: "app_clone", alternateUsername: "app", password: "pending-password" }),
  };

  it.each([
    { why: "there is no AWSPREVIOUS", situation: {}, logins: 3 },
    { why: "the secret names it and there is no AWSPREVIOUS", situation: ofNamed, logins: 3 },
    {
      why: "AWSPREVIOUS is of the current user",
      situation: { previous: appValue({ password: "previous-password" }) },
      logins: 3,
    },
    {
      why: "AWSPREVIOUS is of a third user",
      situation: { previous: appValue({ username: "app_clone2", password: "previous-password" }) },
      logins: 3,
    },
    { why: "AWSPREVIOUS is not a secret", situation: { previous: "not JSON" }, logins: 3 },
    {
      why: "the password under AWSPREVIOUS is rejected",
      situation: { previous: appValue({ username: "app_clone", password: "guessed-password" }) },
      logins: 4,
    },
  ])("if $why", async ({ situation, logins }) => {
    const run = setSecret(situation);

    await expect(run).rejects.toMatchObject({
      reason: "user-not-owned",
      message: expect.stringMatching(
        /^The user app_clone exists.*another alternateUsername\. \[user-not-owned\]$/,
      ),
    });
    await expect(run).rejects.toThrow(`run as an administrator: ${MARK} `);
    expect(server.logins).toHaveLength(logins);
    expect(server.pair.apply).not.toHaveBeenCalled();
    expect([...server.inside]).toEqual([]);
    expect(logText()).not.toMatch(/-password/);
  });

  it("if AWSPREVIOUS has vanished", async () => {
    const { event } = givenTurn({ previous });
    api.on(GetSecretValueCommand, PREVIOUS).rejects(apiError("ResourceNotFoundException"));

    const run = rotation(server, masterUser)(event("setSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "user-not-owned" });
    expect(server.pair.apply).not.toHaveBeenCalled();
  });

  it("with Secrets Manager's error if AWSPREVIOUS cannot be read", async () => {
    const { event } = givenTurn({ previous });
    api.on(GetSecretValueCommand, PREVIOUS).rejects(apiError("InternalServiceError"));

    const run = rotation(server, masterUser)(event("setSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "secrets-manager" });
    expect(server.pair.apply).not.toHaveBeenCalled();
  });

  it("if the plan takes something away from it, although it logs in with the password under AWSPREVIOUS", async () => {
    const revoke = { statement: "REVOKE hr FROM app_clone", kind: "takes" } as const;
    server.plan.mockReturnValue(planOf([revoke, passwordOf("app_clone")]));

    const run = setSecret({ previous });

    await expect(run).rejects.toMatchObject({
      reason: "user-not-owned",
      message: expect.stringMatching(`${revoke.statement}.*run as an administrator: ${MARK} `),
    });
    expect(server.pair.apply).not.toHaveBeenCalled();
    expect(server.users.app_clone).toBe("previous-password");
  });
});

describe("AWSPREVIOUS", () => {
  it.each([
    { what: "the ownership marker decides", ownership: { marker: "clone" as const } },
    { what: "the alternate user does not exist", ownership: { exists: false } },
  ])("is not read if $what", async ({ ownership }) => {
    server.facts.ownership = ownership;

    await setSecret({ previous });

    expect(inputs("GetSecretValue")).not.toContainEqual(PREVIOUS);
    expect(server.logins).toHaveLength(2);
    expect(server.users.app_clone).toBe("pending-password");
  });

  it("is not read if the alternate user is refused in any case", async () => {
    server.facts.ownership = { reserved: true };

    await expect(setSecret({ previous })).rejects.toMatchObject({ reason: "user-not-owned" });

    expect(inputs("GetSecretValue")).not.toContainEqual(PREVIOUS);
    expect(server.logins).toHaveLength(2);
  });

  it.each([{ host: "old.example" }, { port: 1 }])(
    "never sends its password to a server of its own: %o",
    async (elsewhere) => {
      const old = appValue({ username: "app_clone", password: "previous-password", ...elsewhere });

      await setSecret({ previous: old }).catch(() => {});

      expect(server.logins.map(({ host, port }) => `${host}:${port}`)).toEqual(
        server.logins.map(() => "db.example:5432"),
      );
      expect(server.logins.map(({ password }) => password)).not.toContain("previous-password");
    },
  );
});
