import { DescribeSecretCommand } from "@aws-sdk/client-secrets-manager";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { rotation } from "../../shared/rotation.ts";
import { masterUser } from "../../shared/strategies/master-user.ts";
import { singleUser } from "../../shared/strategies/single-user.ts";
import { type FakeEngine, fakeEngine } from "./fake-engine.ts";
import { fakeServer } from "./fake-server.ts";
import { CURRENT_VERSION, givenPending, type Rotation, value } from "./given.ts";
import { givenTurn, mastersRead } from "./given-master.ts";
import { context } from "./invoke.ts";
import "./log-lines.ts";
import { api, calls, givenSecret, inputs, writes } from "./secrets-manager.ts";

vi.mock("node:timers/promises", () => ({ setTimeout: async () => {} }));

let engine: FakeEngine;
let handler: ReturnType<typeof rotation>;

beforeEach(() => {
  engine = fakeEngine("pending-password");
  handler = rotation(engine, singleUser);
});

afterEach(() => {
  vi.useRealTimers();
});

/** From here on only what finishSecret does is seen. */
async function tested(given: Rotation): Promise<Rotation> {
  await handler(given.event("setSecret"), context());
  await handler(given.event("testSecret"), context());
  api.resetHistory();
  engine.calls.length = 0;
  return given;
}

describe("finishSecret after setSecret and testSecret in the same process", () => {
  it("makes two calls and no login", async () => {
    const { event } = await tested(givenPending());

    await handler(event("finishSecret"), context());

    expect(calls()).toEqual(["DescribeSecret", "UpdateSecretVersionStage"]);
    expect(engine.calls).toEqual([]);
  });

  it("repeats the checks if a minute has passed: the database may be another one by then", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { event } = await tested(givenPending());
    vi.setSystemTime(Date.now() + 60_000);

    await handler(event("finishSecret"), context());

    expect(engine.calls).toEqual(["login pending-password", "close"]);
    expect(writes()).toEqual(["UpdateSecretVersionStage"]);
  });

  it("repeats the checks if testSecret failed after it had passed", async () => {
    const { event } = await tested(givenPending());
    engine.accepted = "a password set by hand";
    await expect(handler(event("testSecret"), context())).rejects.toThrow();

    const run = handler(event("finishSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "login-rejected" });
    expect(writes()).toEqual([]);
  });

  it("repeats the checks if the rotation that was tested in this process is another one", async () => {
    await tested(givenPending());
    const { event } = givenPending();

    await handler(event("finishSecret"), context());

    expect(engine.calls).toEqual(["login pending-password", "close"]);
  });

  it.each([
    { key: "host", edited: { host: "elsewhere.example" } },
    { key: "username", edited: { username: "another_user" } },
    { key: "dbname", edited: { dbname: "other" } },
    { key: "key of the application", edited: { apiKey: "edited" } },
  ])(
    "promotes nothing if AWSCURRENT moved before testSecret to a version with another $key",
    async ({ edited }) => {
      const { token, event } = givenPending();
      await handler(event("setSecret"), context());
      givenSecret(
        {
          edited: { labels: ["AWSCURRENT"], value: value(edited) },
          [token]: { labels: ["AWSPENDING"], value: value({ password: "pending-password" }) },
        },
        { RotationEnabled: true },
      );
      const test = handler(event("testSecret"), context());
      await expect(test).rejects.toMatchObject({ reason: "secret-changed" });

      const run = handler(event("finishSecret"), context());

      await expect(run).rejects.toMatchObject({ reason: "secret-changed" });
      expect(writes()).toEqual([]);
    },
  );

  it("promotes nothing when AWSCURRENT moved after the test, wherever setSecret ran", async () => {
    const { token, event } = givenPending();
    await handler(event("testSecret"), context());
    givenSecret(
      {
        moved: { labels: ["AWSCURRENT"], value: value() },
        [token]: { labels: ["AWSPENDING"], value: value({ password: "pending-password" }) },
      },
      { RotationEnabled: true },
    );

    const run = handler(event("finishSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "secret-changed" });
    expect(writes()).toEqual([]);
  });

  it("does not log in and compare again if setSecret ran in another process", async () => {
    const { event } = givenPending();
    await handler(event("testSecret"), context());
    api.resetHistory();

    await handler(event("finishSecret"), context());

    expect(calls()).toEqual(["DescribeSecret", "UpdateSecretVersionStage"]);
  });
});

describe("finishSecret where testSecret did not run", () => {
  it("compares both values, logs in, and reads the labels again before it moves AWSCURRENT", async () => {
    const { event } = givenPending();

    await handler(event("finishSecret"), context());

    expect(calls()).toEqual([
      "GetSecretValue",
      "GetSecretValue",
      "DescribeSecret",
      "DescribeSecret",
      "UpdateSecretVersionStage",
    ]);
    expect(engine.calls).toEqual(["login pending-password", "close"]);
  });

  it("promotes no password that the database rejects, as when it runs right after createSecret", async () => {
    engine.accepted = "current-password";
    const { event } = givenPending();

    const run = handler(event("finishSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "login-rejected" });
    expect(writes()).toEqual([]);
  });

  it.each([
    { meanwhile: "AWSPENDING is taken away", current: CURRENT_VERSION, own: [], reason: "not-pending" },
    { meanwhile: "AWSCURRENT moves", current: "moved", own: ["AWSPENDING"], reason: "secret-changed" },
  ])("promotes nothing when $meanwhile during the login", async ({ current, own, reason }) => {
    const { token, event } = givenPending();
    const { connect } = engine;
    engine.connect = async (login, invocation, wire) => {
      const VersionIdsToStages = { [current]: ["AWSCURRENT"], [token]: own };
      api.on(DescribeSecretCommand).resolves({ RotationEnabled: true, VersionIdsToStages });
      return connect(login, invocation, wire);
    };

    const run = handler(event("finishSecret"), context());

    await expect(run).rejects.toMatchObject({ reason });
    expect(writes()).toEqual([]);
  });

  it("does not log in to a server that only the pending value names", async () => {
    const elsewhere = { host: "elsewhere.example", username: "app_clone", password: "pending-password" };
    const { event } = givenTurn({ pending: value(elsewhere) });
    const server = fakeServer({ app_clone: "pending-password" });

    const run = rotation(server, masterUser)(event("finishSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "secret-changed" });
    expect(server.logins).toEqual([]);
  });

  it("promotes no user that differs from the current one, and does not read the master secret for it", async () => {
    const { event } = givenTurn();
    const server = fakeServer({ app_clone: "pending-password" });
    server.facts.differences = ["may read more"];

    const run = rotation(server, masterUser)(event("finishSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "privilege-mismatch" });
    expect(mastersRead()).toEqual([]);
    expect(inputs("GetSecretValue")).toHaveLength(2);
    expect(writes()).toEqual([]);
  });
});
