import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { beforeEach, describe, expect, it } from "vitest";
import { RotationError } from "../../shared/report/errors.ts";
import { rotation } from "../../shared/rotation.ts";
import { masterUser } from "../../shared/strategies/master-user.ts";
import { type FakeServer, fakeServer } from "./fake-server.ts";
import type { Situation } from "./given.ts";
import { appValue, givenTurn, mastersRead } from "./given-master.ts";
import { context, SECRET_ID } from "./invoke.ts";
import { logLines, logText } from "./log-lines.ts";
import { api, calls, inputs } from "./secrets-manager.ts";

const CURRENT = { SecretId: SECRET_ID, VersionStage: "AWSCURRENT" };

let server: FakeServer;

/** The situation after setSecret. */
beforeEach(() => {
  server = fakeServer({ app_clone: "pending-password" });
});

/** Lets the engine look at the current user, as those do that cannot tell otherwise. */
function openingCurrent(differences: string[]): void {
  server.differences.mockImplementation(async (_pair, openCurrent) => {
    await using _current = await openCurrent();
    return differences;
  });
}

function testSecret(situation: Situation = {}): Promise<void> {
  const { event } = givenTurn(situation);
  return rotation(server, masterUser)(event("testSecret"), context());
}

describe("testSecret of two users", () => {
  it("logs in as the pending one by two reads, without the master or the current value", async () => {
    await testSecret();

    expect(server.journal).toEqual([
      "app_clone logs in",
      "app_clone is compared with app",
      "app_clone leaves",
    ]);
    expect(calls().sort()).toEqual(["DescribeSecret", "GetSecretValue"]);
    expect(inputs("GetSecretValue")).not.toContainEqual(CURRENT);
    expect(logLines()).toMatchObject([{ outcome: "succeeded" }]);
  });

  it("opens a session of the current one when the engine asks for it", async () => {
    openingCurrent([]);

    await testSecret();

    expect(server.journal).toEqual([
      "app_clone logs in",
      "app_clone is compared with app",
      "app logs in",
      "app leaves",
      "app_clone leaves",
    ]);
    expect(calls()).toHaveLength(3);
    expect(mastersRead()).toEqual([]);
  });

  it("changes nothing", async () => {
    openingCurrent(["may not read orders"]);
    const users = { ...server.users };

    await testSecret().catch(() => {});

    expect(server.users).toEqual(users);
    expect(server.prepareAlternate).not.toHaveBeenCalled();
  });

  it.each([
    {
      pending: { username: "app_clone" },
      pair: { current: "app", alternate: "app_clone", clone: "alternate" },
    },
    { pending: { username: "app" }, pair: { current: "app_clone", alternate: "app", clone: "current" } },
    {
      pending: { username: "green", alternateUsername: "x_clone" },
      pair: { current: "x_clone", alternate: "green", clone: undefined },
    },
  ])(
    "knows from the pending value alone who $pair.current is to $pair.alternate",
    async ({ pending, pair }) => {
      server.users[pending.username] = "pending-password";

      await testSecret({ pending: appValue({ ...pending, password: "pending-password" }) });

      expect(server.differences.mock.calls).toEqual([[pair, expect.any(Function)]]);
    },
  );
});

describe("testSecret does not promote", () => {
  it.each([
    { found: ["may not read orders"], says: "The pending user may not read orders." },
    {
      found: ["may not read orders", "is a superuser"],
      says: "The pending user may not read orders; it is a superuser.",
    },
  ])("a user that $found", async ({ found, says }) => {
    server.differences.mockResolvedValue(found);

    const run = testSecret();

    await expect(run).rejects.toMatchObject({
      reason: "difference",
      message: expect.stringMatching(
        new RegExp(`^${says} .*as far as the master may; the log of setSecret says what the master may not`),
      ),
    });
    expect([...server.inside]).toEqual([]);
  });

  it("a difference between users that the secret names", async () => {
    server.users.green = "pending-password";
    server.differences.mockResolvedValue(["may not read orders"]);

    const run = testSecret({
      current: appValue({ alternateUsername: "green" }),
      pending: appValue({ username: "green", alternateUsername: "app", password: "pending-password" }),
    });

    await expect(run).rejects.toMatchObject({ reason: "difference" });
  });

  it("a user whose password is rejected", async () => {
    server.users.app_clone = "another-password";

    const run = testSecret();

    await expect(run).rejects.toMatchObject({
      reason: "login-rejected",
      message: expect.stringContaining("the password under AWSPENDING"),
    });
    expect(server.journal).toEqual(["app_clone is rejected"]);
  });

  it("a user who cannot be compared, since the current password is rejected", async () => {
    server.users.app = "changed-by-hand";
    openingCurrent([]);

    const run = testSecret();

    await expect(run).rejects.toMatchObject({
      reason: "login-rejected",
      message: expect.stringMatching(/the password under AWSCURRENT.*cannot be compared/),
    });
    expect([...server.inside]).toEqual([]);
    expect(logText()).not.toMatch(/-password/);
  });

  it("a user whom the engine failed to compare", async () => {
    const failure = new RotationError("unavailable", "The server shuts down.", "Wait.");
    server.differences.mockRejectedValue(failure);

    const run = testSecret();

    await expect(run).rejects.toThrow(failure);
    expect([...server.inside]).toEqual([]);
  });

  it("a user who would be compared with a value that has just become current", async () => {
    openingCurrent([]);
    const { event } = givenTurn();
    api.on(GetSecretValueCommand, CURRENT).resolves({ VersionId: "newer", SecretString: appValue() });

    const run = rotation(server, masterUser)(event("testSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "secret-changed" });
    expect([...server.inside]).toEqual([]);
  });
});

describe("testSecret of a copy of the current value, as RotateImmediately=false makes it,", () => {
  it.each(["app", "app_clone"])("passes for %s, although its twin may not even exist", async (username) => {
    server.users[username] = "current-password";
    openingCurrent(["is not a member of a role that does not exist"]);

    await testSecret({ current: appValue({ username }), pending: appValue({ username }) });

    expect([...server.inside]).toEqual([]);
    expect(logLines()).toMatchObject([{ outcome: "succeeded" }]);
  });

  it("passes although somebody has stored the same user with other keys meanwhile", async () => {
    server.differences.mockResolvedValue(["is not a member of a role that does not exist"]);

    await testSecret({ current: appValue({ notes: "edited" }), pending: appValue() });

    expect(logLines()).toMatchObject([{ outcome: "succeeded" }]);
  });
});
