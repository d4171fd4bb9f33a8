import { beforeEach, describe, expect, it } from "vitest";
import { rotation } from "../../shared/rotation.ts";
import { masterUser } from "../../shared/strategies/master-user.ts";
import { type FakeServer, fakeServer } from "./fake-server.ts";
import type { Situation } from "./given.ts";
import { appValue, givenTurn, mastersRead } from "./given-master.ts";
import { context } from "./invoke.ts";
import { logLines } from "./log-lines.ts";

let server: FakeServer;

/** The situation after setSecret. */
beforeEach(() => {
  server = fakeServer({ app_clone: "pending-password" });
});

function testSecret(situation: Situation): Promise<unknown> {
  const { event } = givenTurn(situation);
  return rotation(server, masterUser)(event("testSecret"), context());
}

describe("testSecret does not promote", () => {
  it.each([
    { what: "a partner that does not exist", change: { alternateUsername: "nobody_at_all" } },
    { what: "the current user as its partner", change: { alternateUsername: "app_clone" } },
    { what: "a master secret of its own", change: { masterarn: "arn:aws:x:1:secret:other" } },
    { what: "no master secret", change: { masterarn: undefined } },
    { what: "a server of its own", change: { host: "attacker.example" } },
    { what: "a database of its own", change: { dbname: "other" } },
    { what: "no TLS", change: { ssl: false } },
    { what: "a user that is not next", change: { username: "admin" } },
  ])("a value that was stored under AWSPENDING by hand with $what", async ({ change }) => {
    const pending = { username: "app_clone", password: "pending-password", ...change };

    const run = testSecret({ pending: appValue(pending) });

    await expect(run).rejects.toMatchObject({ reason: "secret-changed" });
    expect(server.journal).toEqual([]);
  });

  it("a value with another partner than a secret that names both users", async () => {
    const run = testSecret({
      current: appValue({ username: "blue", alternateUsername: "green" }),
      pending: appValue({
        username: "green",
        alternateUsername: "nobody_at_all",
        password: "pending-password",
      }),
    });

    await expect(run).rejects.toMatchObject({ reason: "secret-changed" });
    expect(server.journal).toEqual([]);
  });
});

describe("testSecret of a copy of the current value, as RotateImmediately=false makes it,", () => {
  it.each([
    { who: "app", document: { username: "app" } },
    { who: "app_clone", document: { username: "app_clone" } },
    { who: "blue", document: { username: "blue", alternateUsername: "nobody_at_all" } },
  ])("only logs in as $who, although the partner does not exist", async ({ who, document }) => {
    server.users[who] = "current-password";
    server.facts.differences = ["is not a member of a role that does not exist"];

    await testSecret({ current: appValue(document), pending: appValue(document) });

    expect(server.journal).toEqual([`${who} logs in`, `${who} leaves`]);
    expect(mastersRead()).toEqual([]);
    expect(logLines()).toMatchObject([{ outcome: "succeeded" }]);
  });

  it("is refused if the current value was edited after the copy was made", async () => {
    const run = testSecret({ current: appValue({ notes: "edited" }), pending: appValue() });

    await expect(run).rejects.toMatchObject({ reason: "secret-changed" });
    expect(server.journal).toEqual([]);
  });

  it("names AWSCURRENT if the login is rejected", async () => {
    const run = testSecret({
      current: appValue({ password: "old" }),
      pending: appValue({ password: "old" }),
    });

    await expect(run).rejects.toMatchObject({
      reason: "login-rejected",
      message: expect.stringMatching(/password under AWSCURRENT.*rescue -- reset/),
    });
  });
});
