import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { describe, expect, it } from "vitest";
import { RotationError } from "../../shared/report/errors.ts";
import { rotation } from "../../shared/rotation.ts";
import { masterUser } from "../../shared/strategies/master-user.ts";
import { type FakeServer, fakeServer } from "./fake-server.ts";
import type { Situation } from "./given.ts";
import { appValue, givenTurn, MASTER_ARN, mastersRead, masterValue } from "./given-master.ts";
import { context } from "./invoke.ts";
import { logLines, logText } from "./log-lines.ts";
import { api } from "./secrets-manager.ts";

const turns = [
  {
    from: "app",
    to: "app_clone",
    taking: "created",
    explicit: {},
    turned: {},
    pair: { current: "app", alternate: "app_clone", clone: "alternate" },
  },
  {
    from: "app_clone",
    to: "app",
    taking: "marked",
    explicit: {},
    turned: {},
    pair: { current: "app_clone", alternate: "app", clone: "current" },
  },
  {
    from: "x_clone",
    to: "green",
    taking: "created",
    explicit: { alternateUsername: "green" },
    turned: { alternateUsername: "x_clone" },
    pair: { current: "x_clone", alternate: "green", clone: undefined },
  },
];

function setSecret(server: FakeServer, situation: Situation = {}): Promise<unknown> {
  const { event } = givenTurn(situation);
  return rotation(server, masterUser)(event("setSecret"), context());
}

describe("setSecret prepares the alternate user as the master user", () => {
  it("reads the master secret only after the current user has logged in", async () => {
    const server = fakeServer();
    const { event } = givenTurn();
    api.on(GetSecretValueCommand, { SecretId: MASTER_ARN }).callsFake(async () => {
      server.journal.push("the master secret is read");
      return { VersionId: "1", SecretString: masterValue() };
    });

    await rotation(server, masterUser)(event("setSecret"), context());

    expect(server.journal).toEqual([
      "app logs in",
      "the master secret is read",
      "master logs in",
      "master locks app_clone",
      "master compares app_clone with app",
      "master runs CREATE app_clone",
      "master runs PASSWORD OF app_clone",
      "master leaves",
      "app leaves",
    ]);
  });

  it.each(turns)(
    "sets the pending password of $to when $from is current",
    async ({ from, to, taking, explicit, turned, pair }) => {
      const server = fakeServer({ [from]: "current-password" });

      await setSecret(server, {
        current: appValue({ username: from, ...explicit }),
        pending: appValue({ username: to, ...turned, password: "pending-password" }),
      });

      const by = { admin: { identity: { username: "master" } }, current: { identity: { username: from } } };
      expect(server.pair.read.mock.calls).toMatchObject([[by, pair]]);
      expect(server.plan.mock.calls).toEqual([[taking, pair]]);
      expect(server.pair.apply.mock.calls).toMatchObject([[by, {}, "pending-password"]]);
      expect(server.users[to]).toBe("pending-password");
      expect(logLines().map(({ message }) => message)).toEqual([
        // The secret has no AWSPREVIOUS here.
        taking === "created"
          ? `Ran as the master user: CREATE ${to}`
          : expect.stringContaining("one secret per user"),
        `Prepared the alternate user ${to}`,
      ]);
      expect(logText()).not.toMatch(/-password/);
    },
  );

  it("sets the same password again when it runs again", async () => {
    const server = fakeServer();
    const { event } = givenTurn();

    await rotation(server, masterUser)(event("setSecret"), context());
    await rotation(server, masterUser)(event("setSecret"), context());

    expect(server.users).toMatchObject({ app: "current-password", app_clone: "pending-password" });
  });
});

describe("setSecret does not log in as the master user", () => {
  it("if the current password is rejected, and does not read the master secret", async () => {
    const server = fakeServer({ app: "changed-by-hand", app_clone: "pending-password" });

    const run = setSecret(server, { previous: appValue({ username: "app_clone" }) });

    await expect(run).rejects.toMatchObject({
      reason: "login-rejected",
      message: expect.stringMatching(/AWSCURRENT.*set the user's password to the one under AWSCURRENT/),
    });
    expect(mastersRead()).toEqual([]);
    expect(server.journal).toEqual(["app is rejected"]);
  });

  it("if the login of the current user fails for another reason than its password", async () => {
    const failure = new RotationError("account-locked", "Locked.", "Unlock it.");
    const server = fakeServer({}, { connect: () => Promise.reject(failure) });

    const run = setSecret(server);

    await expect(run).rejects.toThrow(failure);
    expect(mastersRead()).toEqual([]);
  });

  it.each([
    { username: "master", next: "master_clone" },
    { username: "master_clone", next: "master" },
  ])("if the master user would be a user of the pair: $username and $next", async ({ username, next }) => {
    const server = fakeServer({ [username]: "current-password" });

    const run = setSecret(server, {
      current: appValue({ username }),
      pending: appValue({ username: next, password: "pending-password" }),
    });

    await expect(run).rejects.toMatchObject({
      reason: "malformed-secret",
      message: expect.stringContaining("master user itself"),
    });
    expect(server.journal).toEqual([`${username} logs in`, `${username} leaves`]);
  });

  it("if the secret names the master user as alternateUsername", async () => {
    const server = fakeServer();

    const run = setSecret(server, {
      current: appValue({ alternateUsername: "master" }),
      pending: appValue({ username: "master", alternateUsername: "app", password: "pending-password" }),
    });

    await expect(run).rejects.toMatchObject({
      reason: "malformed-secret",
      message: expect.stringMatching(/alternate user.*master user itself.*another alternate user/),
    });
    expect(server.journal).toEqual(["app logs in", "app leaves"]);
  });
});

describe("an engine without the pair capability", () => {
  it.each(["setSecret", "testSecret"] as const)(
    "is refused in %s, without a login as the master user",
    async (step) => {
      const { pair: _, ...server } = fakeServer({ app_clone: "pending-password" });
      const { event } = givenTurn();

      const run = rotation(server, masterUser)(event(step), context());

      await expect(run).rejects.toMatchObject({
        reason: "unsupported",
        message: expect.stringContaining("single-user function"),
      });
      expect(mastersRead()).toEqual([]);
      expect([...server.inside]).toEqual([]);
    },
  );
});

describe("setSecret closes every session", () => {
  const failure = new RotationError("missing-privilege", "The master may not.", "GRANT it.");

  it("if the password of the master secret is rejected, and the error names the master secret", async () => {
    const server = fakeServer({ master: "changed-by-hand" });

    const run = setSecret(server);

    await expect(run).rejects.toMatchObject({
      reason: "login-rejected",
      message: expect.stringContaining("the password of the master secret"),
    });
    expect(server.journal).toEqual(["app logs in", "master is rejected", "app leaves"]);
  });

  it.each([
    { verb: "exclusively", fail: (server: FakeServer) => server.onLock.mockRejectedValue(failure) },
    { verb: "read", fail: (server: FakeServer) => server.pair.read.mockRejectedValue(failure) },
    { verb: "apply", fail: (server: FakeServer) => server.pair.apply.mockRejectedValue(failure) },
  ])("if the engine fails in $verb", async ({ fail }) => {
    const server = fakeServer();
    fail(server);

    const run = setSecret(server);

    await expect(run).rejects.toThrow(failure);
    expect(server.journal.slice(-2)).toEqual(["master leaves", "app leaves"]);
    expect([...server.inside]).toEqual([]);
    expect(server.users.app_clone).toBeUndefined();
  });

  it.each(["master", "app_clone"])(
    "if the login of %s fails for another reason than its password",
    async (user) => {
      const server = fakeServer({ app_clone: "previous-password" });
      const { connect } = server;
      server.facts.ownership = { marker: undefined };
      server.connect = (login, ...rest) =>
        login.username === user ? Promise.reject(failure) : connect(login, ...rest);

      const run = setSecret(server, {
        previous: appValue({ username: "app_clone", password: "previous-password" }),
      });

      await expect(run).rejects.toThrow(failure);
      expect([...server.inside]).toEqual([]);
      expect(server.pair.apply).not.toHaveBeenCalled();
    },
  );
});
