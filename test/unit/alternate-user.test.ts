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
    explicit: {},
    pair: { current: "app", alternate: "app_clone", clone: "alternate" },
  },
  {
    from: "app_clone",
    to: "app",
    explicit: {},
    pair: { current: "app_clone", alternate: "app", clone: "current" },
  },
  {
    from: "x_clone",
    to: "green",
    explicit: { alternateUsername: "green" },
    pair: { current: "x_clone", alternate: "green", clone: undefined },
  },
];

function setSecret(server: FakeServer, situation: Situation = {}): Promise<void> {
  const { event } = givenTurn(situation);
  return rotation(server, masterUser)(event("setSecret"), context());
}

describe("setSecret lets the master prepare the alternate user", () => {
  it("after the current user has logged in, before which the master secret is not even read", async () => {
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
      "master looks for the mark of app_clone",
      "master prepares app_clone",
      "master leaves",
      "app leaves",
    ]);
  });

  it.each(turns)(
    "with the pending password: $to, when $from is current",
    async ({ from, to, explicit, pair }) => {
      const server = fakeServer({ [from]: "current-password" });

      await setSecret(server, {
        current: appValue({ username: from, ...explicit }),
        pending: appValue({ username: to, password: "pending-password" }),
      });

      expect(server.missingMark.mock.calls).toEqual([[pair]]);
      expect(server.prepareAlternate.mock.calls).toEqual([[pair, "pending-password"]]);
      expect(logLines()).toMatchObject([{ message: `Prepared the alternate user ${to}` }]);
      expect(logText()).not.toMatch(/-password/);
    },
  );

  it("once more when it runs again", async () => {
    const server = fakeServer();
    const { event } = givenTurn();

    await rotation(server, masterUser)(event("setSecret"), context());
    await rotation(server, masterUser)(event("setSecret"), context());

    expect(server.users).toMatchObject({ app: "current-password", app_clone: "pending-password" });
  });
});

describe("setSecret does not use the master", () => {
  it("when the current password is rejected, not even to read its secret", async () => {
    const server = fakeServer({ app: "changed-by-hand", app_clone: "pending-password" });

    const run = setSecret(server, { previous: appValue({ username: "app_clone" }) });

    await expect(run).rejects.toMatchObject({
      reason: "login-rejected",
      message: expect.stringMatching(/AWSCURRENT.*set the user's password to the one under AWSCURRENT/),
    });
    expect(mastersRead()).toEqual([]);
    expect(server.journal).toEqual(["app is rejected"]);
  });

  it("when nothing could be learnt about the current password", async () => {
    const failure = new RotationError("account-locked", "Locked.", "Unlock it.");
    const server = fakeServer({}, { connect: () => Promise.reject(failure) });

    const run = setSecret(server);

    await expect(run).rejects.toThrow(failure);
    expect(mastersRead()).toEqual([]);
  });

  it.each([
    { username: "master", next: "master_clone" },
    { username: "master_clone", next: "master" },
  ])("to make $next of $username", async ({ username, next }) => {
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

  it("to turn it into the alternate user that the secret names", async () => {
    const server = fakeServer();

    const run = setSecret(server, {
      current: appValue({ alternateUsername: "master" }),
      pending: appValue({ username: "master", password: "pending-password" }),
    });

    await expect(run).rejects.toMatchObject({
      reason: "malformed-secret",
      message: expect.stringMatching(/alternate user.*master user itself.*another alternate user/),
    });
    expect(server.journal).toEqual(["app logs in", "app leaves"]);
  });
});

describe("setSecret closes every session", () => {
  const failure = new RotationError("missing-privilege", "The master may not.", "GRANT it.");

  it("when the master's password is rejected, and says that it is the master's", async () => {
    const server = fakeServer({ master: "changed-by-hand" });

    const run = setSecret(server);

    await expect(run).rejects.toMatchObject({
      reason: "login-rejected",
      message: expect.stringContaining("the password of the master secret"),
    });
    expect(server.journal).toEqual(["app logs in", "master is rejected", "app leaves"]);
  });

  it.each(["missingMark", "prepareAlternate"] as const)("when the master fails in %s", async (verb) => {
    const server = fakeServer();
    server[verb].mockRejectedValue(failure);

    const run = setSecret(server);

    await expect(run).rejects.toThrow(failure);
    expect(server.journal.slice(-2)).toEqual(["master leaves", "app leaves"]);
    expect([...server.inside]).toEqual([]);
    expect(server.users.app_clone).toBeUndefined();
  });

  it.each(["master", "app_clone"])("when nothing can be learnt about the login of %s", async (user) => {
    const server = fakeServer({ app_clone: "previous-password" });
    const { connect } = server;
    server.missingMark.mockResolvedValue("GRANT it");
    server.connect = (login, invocation) =>
      login.username === user ? Promise.reject(failure) : connect(login, invocation);

    const run = setSecret(server, {
      previous: appValue({ username: "app_clone", password: "previous-password" }),
    });

    await expect(run).rejects.toThrow(failure);
    expect([...server.inside]).toEqual([]);
    expect(server.prepareAlternate).not.toHaveBeenCalled();
  });
});
