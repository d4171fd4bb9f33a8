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
function readingAsCurrent(): void {
  const read = server.pair.read.getMockImplementation();
  server.pair.read.mockImplementation(async (readers, pair) => {
    await using _current = "openCurrent" in readers ? await readers.openCurrent() : undefined;
    return (await read?.(readers, pair)) ?? unexpected();
  });
}

function unexpected(): never {
  throw new Error("The fake server has lost its read.");
}

function testSecret(situation: Situation = {}): Promise<unknown> {
  const { event } = givenTurn(situation);
  return rotation(server, masterUser)(event("testSecret"), context());
}

describe("testSecret of two users", () => {
  it("logs in as the pending user after three reads, and not as the master user", async () => {
    await testSecret();

    expect(server.journal).toEqual([
      "app_clone logs in",
      "app_clone compares app_clone with app",
      "app_clone leaves",
    ]);
    expect(calls().sort()).toEqual(["DescribeSecret", "GetSecretValue", "GetSecretValue"]);
    expect(inputs("GetSecretValue")).toContainEqual(CURRENT);
    expect(mastersRead()).toEqual([]);
    expect(logLines()).toMatchObject([{ outcome: "succeeded" }]);
  });

  it("opens a session of the current user if the engine asks for one", async () => {
    readingAsCurrent();

    await testSecret();

    expect(server.journal).toEqual([
      "app_clone logs in",
      "app logs in",
      "app_clone compares app_clone with app",
      "app leaves",
      "app_clone leaves",
    ]);
    expect(calls()).toHaveLength(3);
    expect(mastersRead()).toEqual([]);
  });

  it("reads the facts as the master user if the users cannot read them", async () => {
    server.pair.checkedBy = "admin";

    await testSecret();

    expect(server.journal).toEqual([
      "app_clone logs in",
      "app logs in",
      "master logs in",
      "master compares app_clone with app",
      "master leaves",
      "app leaves",
      "app_clone leaves",
    ]);
    expect(mastersRead()).toHaveLength(1);
    expect(server.onLock).not.toHaveBeenCalled();
  });

  it("changes nothing, and plans nothing", async () => {
    server.facts.differences = ["may not read orders"];
    const users = { ...server.users };

    await testSecret().catch(() => {});

    expect(server.users).toEqual(users);
    expect(server.onLock).not.toHaveBeenCalled();
    expect(server.pair.apply).not.toHaveBeenCalled();
    expect(server.plan).not.toHaveBeenCalled();
  });

  it.each([
    {
      current: { username: "app" },
      pending: { username: "app_clone" },
      pair: { current: "app", alternate: "app_clone", clone: "alternate" },
    },
    {
      current: { username: "app_clone" },
      pending: { username: "app" },
      pair: { current: "app_clone", alternate: "app", clone: "current" },
    },
    {
      current: { username: "x_clone", alternateUsername: "green" },
      pending: { username: "green", alternateUsername: "x_clone" },
      pair: { current: "x_clone", alternate: "green", clone: undefined },
    },
  ])("compares $pair.alternate with $pair.current", async ({ current, pending, pair }) => {
    server.users[pending.username] = "pending-password";

    await testSecret({
      current: appValue(current),
      pending: appValue({ ...pending, password: "pending-password" }),
    });

    expect(server.pair.read.mock.calls).toEqual([[expect.anything(), pair]]);
  });
});

describe("testSecret does not promote", () => {
  it.each([
    { found: ["may not read orders"], says: "The pending user may not read orders." },
    {
      found: ["may not read orders", "is a superuser"],
      says: "The pending user may not read orders; it is a superuser.",
    },
  ])("a user that $found", async ({ found, says }) => {
    server.facts.differences = found;

    const run = testSecret();

    await expect(run).rejects.toMatchObject({
      reason: "privilege-mismatch",
      message: expect.stringMatching(
        new RegExp(
          `^${says} .*as far as the master user may; the log of setSecret says what the master user may not`,
        ),
      ),
    });
    expect([...server.inside]).toEqual([]);
  });

  it("a user with an unreadable property, and names the property", async () => {
    server.facts.unseen = ["the tables of schema hr", "the settings of app"];

    const run = testSecret();

    await expect(run).rejects.toMatchObject({
      reason: "privilege-mismatch",
      message: expect.stringContaining("the tables of schema hr; the settings of app cannot be read"),
    });
    expect([...server.inside]).toEqual([]);
  });

  it("a user that the secret names and that differs from the current one", async () => {
    server.users.green = "pending-password";
    server.facts.differences = ["may not read orders"];

    const run = testSecret({
      current: appValue({ alternateUsername: "green" }),
      pending: appValue({ username: "green", alternateUsername: "app", password: "pending-password" }),
    });

    await expect(run).rejects.toMatchObject({ reason: "privilege-mismatch" });
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

  it("a user that cannot be compared because the current password is rejected", async () => {
    server.users.app = "changed-by-hand";
    readingAsCurrent();

    const run = testSecret();

    await expect(run).rejects.toMatchObject({
      reason: "login-rejected",
      message: expect.stringMatching(/the password under AWSCURRENT.*rescue -- reset/),
    });
    expect([...server.inside]).toEqual([]);
    expect(logText()).not.toMatch(/-password/);
  });

  it("a user that the engine failed to compare", async () => {
    const failure = new RotationError("unavailable", "The server shuts down.", "Wait.");
    server.pair.read.mockRejectedValue(failure);

    const run = testSecret();

    await expect(run).rejects.toThrow(failure);
    expect([...server.inside]).toEqual([]);
  });

  it("a user that would be compared with a value that has just become current", async () => {
    const { event } = givenTurn();
    api.on(GetSecretValueCommand, CURRENT).resolves({ VersionId: "newer", SecretString: appValue() });

    const run = rotation(server, masterUser)(event("testSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "secret-changed" });
    expect(server.journal).toEqual([]);
  });
});
