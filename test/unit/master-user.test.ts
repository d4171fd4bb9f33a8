import { describe, expect, it } from "vitest";
import type { Step } from "../../shared/protocol/event.ts";
import { rotation } from "../../shared/rotation.ts";
import { masterUser } from "../../shared/strategies/master-user.ts";
import { type FakeServer, fakeServer } from "./fake-server.ts";
import { givenRotation, type Rotation, value } from "./given.ts";
import { appValue, givenTurn, MASTER_ARN, mastersRead, masterValue } from "./given-master.ts";
import { context, SECRET_ID, STEPS } from "./invoke.ts";
import "./log-lines.ts";
import { calls, inputs, writes } from "./secrets-manager.ts";

const others = { [MASTER_ARN]: masterValue() };

/** Runs all steps, and tells how many calls each of them made. */
async function rotate(server: FakeServer, { event }: Rotation): Promise<Record<Step, number>> {
  const made = { createSecret: 0, setSecret: 0, testSecret: 0, finishSecret: 0 };
  for (const step of STEPS) {
    const before = calls().length;
    await rotation(server, masterUser)(event(step), context());
    made[step] = calls().length - before;
  }
  return made;
}

/** Returns the value that createSecret stores for this current value. */
async function storedAfter(current: string): Promise<string | undefined> {
  const { token, versions, event } = givenRotation({ current, others });
  await rotation(fakeServer(), masterUser)(event("createSecret"), context());
  return versions[token]?.value;
}

describe("a whole rotation of two users", () => {
  it("makes twelve calls and three logins, and no login is rejected", async () => {
    const server = fakeServer();
    const given = givenRotation({ current: appValue(), others });

    const made = await rotate(server, given);

    expect(made).toEqual({ createSecret: 4, setSecret: 4, testSecret: 2, finishSecret: 2 });
    expect(given.versions[given.token]?.labels).toContain("AWSCURRENT");
    expect(server.journal).toEqual([
      "app logs in",
      "master logs in",
      "master locks app_clone",
      "master compares app_clone with app",
      "master runs CREATE app_clone",
      "master runs PASSWORD OF app_clone",
      "master leaves",
      "app leaves",
      "app_clone logs in",
      "app_clone compares app_clone with app",
      "app_clone leaves",
    ]);
  });

  it("lets AWSCURRENT log in after every step of three rotations", async () => {
    const server = fakeServer();
    const users: unknown[] = [];
    let current = appValue();

    for (const _rotation of [1, 2, 3]) {
      const { token, versions, event } = givenRotation({ current, others });
      for (const step of STEPS) {
        await rotation(server, masterUser)(event(step), context());
        const holder = Object.values(versions).find(({ labels }) => labels.includes("AWSCURRENT"));
        const { username, password } = JSON.parse(holder?.value ?? "");
        expect(server.users[username]).toBe(password);
      }
      current = versions[token]?.value ?? "";
      users.push(JSON.parse(current).username);
    }

    expect(users).toEqual(["app_clone", "app", "app_clone"]);
    expect(server.journal.filter((entry) => entry.endsWith(" is rejected"))).toEqual([]);
  });

  it("ends the same when every step runs twice", async () => {
    const server = fakeServer();
    const { token, versions, event } = givenRotation({ current: appValue(), others });

    for (const step of STEPS.flatMap((step) => [step, step])) {
      await rotation(server, masterUser)(event(step), context());
    }

    expect(versions[token]?.value).toBe(appValue({ username: "app_clone", password: "random-password" }));
    expect(server.users).toEqual({
      app: "current-password",
      app_clone: "random-password",
      master: "master-password",
    });
  });
});

describe("the next user", () => {
  it.each([
    { username: "app", next: "app_clone" },
    { username: "app_clone", next: "app" },
    { username: "app_clone_clone", next: "app_clone" },
    { username: "app_clone2", next: "app_clone2_clone" },
    { username: "_clone_app", next: "_clone_app_clone" },
    { username: "app_CLONE", next: "app_CLONE_clone" },
    { username: "clone", next: "clone_clone" },
  ])("of $username is $next", async ({ username, next }) => {
    const stored = await storedAfter(appValue({ username }));

    expect(stored).toBe(appValue({ username: next, password: "random-password" }));
  });

  it.each([
    { username: "blue", alternateUsername: "green" },
    { username: "x_clone", alternateUsername: "x_clone_2" },
    { username: "x", alternateUsername: "x_clone" },
  ])(
    "of $username is $alternateUsername where the secret says so, and then the other way round",
    async ({ username, alternateUsername }) => {
      const stored = await storedAfter(appValue({ username, alternateUsername }));

      const turned = { username: alternateUsername, alternateUsername: username };
      expect(stored).toBe(appValue({ ...turned, password: "random-password" }));
      expect(await storedAfter(stored ?? "")).toBe(
        appValue({ username, alternateUsername, password: "random-password" }),
      );
    },
  );
});

describe("createSecret of the next user", () => {
  it("neither reads the master secret nor logs in", async () => {
    const server = fakeServer();
    const { event } = givenRotation({ current: appValue(), others });

    await rotation(server, masterUser)(event("createSecret"), context());

    expect(inputs("GetSecretValue")).toEqual([{ SecretId: SECRET_ID, VersionStage: "AWSCURRENT" }]);
    expect(server.logins).toEqual([]);
  });

  it("stores nothing when the engine refuses the longer name", async () => {
    const refusal = (username: string) => (username.length > 8 ? "Use a shorter name." : undefined);
    const server = fakeServer({}, { refusal });
    const { event } = givenRotation({ current: appValue(), others });

    const run = rotation(server, masterUser)(event("createSecret"), context());

    await expect(run).rejects.toMatchObject({
      reason: "unstorable",
      message: expect.stringContaining("Use a shorter name."),
    });
    expect(writes()).toEqual([]);
  });
});

describe("setSecret makes no login", () => {
  const ofBlue = appValue({ username: "blue", alternateUsername: "green" });

  it.each([
    { who: "the current one again", current: appValue(), username: "app" },
    { who: "a third one", current: appValue(), username: "admin" },
    { who: "the clone of a clone", current: appValue(), username: "app_clone_clone" },
    { who: "not the one that the secret names", current: ofBlue, username: "blue_clone" },
    { who: "the first of two named ones", current: ofBlue, username: "blue" },
  ])("if the pending user is $who", async ({ current, username }) => {
    const server = fakeServer();
    const pending = value({ username, password: "pending-password" });
    const { event } = givenTurn({ current, pending });

    const run = rotation(server, masterUser)(event("setSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "secret-changed" });
    expect(mastersRead()).toEqual([]);
    expect(server.logins).toEqual([]);
  });
});
