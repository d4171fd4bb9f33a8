import { DescribeSecretCommand, UpdateSecretVersionStageCommand } from "@aws-sdk/client-secrets-manager";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { rotation } from "../../shared/rotation.ts";
import { singleUser } from "../../shared/strategies/single-user.ts";
import { type FakeEngine, fakeEngine } from "./fake-engine.ts";
import { CURRENT_VERSION, givenPending, givenRotation, value } from "./given.ts";
import { context, SECRET_ID } from "./invoke.ts";
import "./log-lines.ts";
import { api, apiError, calls, inputs, writes } from "./secrets-manager.ts";

vi.mock("node:timers/promises", () => ({ setTimeout: async () => {} }));

let engine: FakeEngine;
let handler: ReturnType<typeof rotation>;

beforeEach(() => {
  engine = fakeEngine("pending-password");
  handler = rotation(engine, singleUser);
});

describe("finishSecret", () => {
  it("moves AWSCURRENT, and only that, from the version that holds it", async () => {
    const { token, event } = givenPending({ previous: value() });

    await handler(event("finishSecret"), context());

    expect(inputs("UpdateSecretVersionStage")).toEqual([
      {
        SecretId: SECRET_ID,
        VersionStage: "AWSCURRENT",
        RemoveFromVersionId: CURRENT_VERSION,
        MoveToVersionId: token,
      },
    ]);
    expect(writes()).toEqual(["UpdateSecretVersionStage"]);
  });

  it("promotes no value that does not follow from the current one", async () => {
    const { event } = givenPending({
      pending: value({ host: "elsewhere.example", password: "pending-password" }),
    });

    const run = handler(event("finishSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "secret-changed" });
    expect(writes()).toEqual([]);
  });

  it("promotes nothing when AWSCURRENT moved after the test", async () => {
    const { token, versions, event } = givenPending();
    await handler(event("setSecret"), context());
    await handler(event("testSecret"), context());
    const { [CURRENT_VERSION]: current, [token]: pending } = versions;
    api.on(DescribeSecretCommand).resolves({
      RotationEnabled: true,
      VersionIdsToStages: { moved: current?.labels ?? [], [token]: pending?.labels ?? [] },
    });

    const run = handler(event("finishSecret"), context());

    await expect(run).rejects.toMatchObject({
      reason: "secret-changed",
      message: expect.stringContaining("--version-stage AWSPENDING --remove-from-version-id"),
    });
    expect(writes()).toEqual([]);
  });

  it("reads while the guard is under way and writes only after it", async () => {
    const { event } = givenPending();
    const description = Promise.withResolvers<object>();
    api.on(DescribeSecretCommand).callsFake(() => description.promise);

    const run = handler(event("finishSecret"), context());
    await vi.waitUntil(() => calls().length === 3);
    description.resolve({ RotationEnabled: false });

    await expect(run).rejects.toMatchObject({ reason: "rotation-disabled" });
    expect(writes()).toEqual([]);
  });

  it("moves nothing when it runs again", async () => {
    const { versions, event } = givenPending();
    await handler(event("finishSecret"), context());
    const after = structuredClone(versions);

    await handler(event("finishSecret"), context());

    expect(versions).toEqual(after);
    expect(writes()).toEqual(["UpdateSecretVersionStage"]);
  });

  it("never promotes the empty placeholder that RotateSecret makes", async () => {
    const { event } = givenRotation();

    const run = handler(event("finishSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "no-value" });
    const looks = inputs("GetSecretValue").filter((input) => JSON.stringify(input).includes("AWSPENDING"));
    expect(looks).toHaveLength(5);
    expect(writes()).toEqual([]);
  });

  it("refuses a version without a value, also after testSecret failed for the same reason", async () => {
    const { event } = givenRotation();
    const test = handler(event("testSecret"), context());
    await expect(test).rejects.toMatchObject({ reason: "no-value" });

    const run = handler(event("finishSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "no-value" });
    expect(writes()).toEqual([]);
  });

  it("refuses when no version holds AWSCURRENT", async () => {
    const { versions, event } = givenPending();
    delete versions[CURRENT_VERSION];

    const run = handler(event("finishSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "no-current-version" });
    expect(writes()).toEqual([]);
  });
});

it("finishSecret never promotes the placeholder of a secret that has the token of another one", async () => {
  const tested = givenPending();
  await handler(tested.event("testSecret"), context());
  delete tested.versions[tested.token]?.value; // From here on it is the other secret.

  const event = { ...tested.event("finishSecret"), SecretId: "arn:of:another:secret" };
  const run = handler(event, context(8000));

  await expect(run).rejects.toMatchObject({ reason: "no-value" });
  expect(writes()).toEqual([]);
});

describe("finishSecret whose move is refused", () => {
  /** With testSecret behind it, as in a normal rotation. */
  async function givenTested() {
    const given = givenPending();
    await handler(given.event("setSecret"), context());
    await handler(given.event("testSecret"), context());
    api.resetHistory();
    return given;
  }

  it("succeeds if the version is current: a concurrent run was faster", async () => {
    const { token, versions, event } = await givenTested();
    api.on(UpdateSecretVersionStageCommand).callsFake(async () => {
      versions[token]?.labels.push("AWSCURRENT");
      throw apiError("InvalidParameterException");
    });

    await handler(event("finishSecret"), context());

    expect(inputs("DescribeSecret")).toHaveLength(2);
    expect(writes()).toEqual(["UpdateSecretVersionStage"]);
  });

  it("does not move AWSCURRENT a second time if it is on a third version", async () => {
    const { versions, token, event } = await givenTested();
    api.on(UpdateSecretVersionStageCommand).callsFake(async () => {
      versions[CURRENT_VERSION] = { labels: ["AWSPREVIOUS"], value: value() };
      versions["stored-by-a-person"] = { labels: ["AWSCURRENT"], value: value() };
      throw apiError("InvalidParameterException");
    });

    const run = handler(event("finishSecret"), context());

    await expect(run).rejects.toMatchObject({
      reason: "lost-race",
      message: expect.stringMatching(`${CURRENT_VERSION}.*${token}`),
    });
    expect(writes()).toEqual(["UpdateSecretVersionStage"]);
  });

  it.each([
    { name: "ThrottlingException", reason: "throttled" },
    { name: "AccessDeniedException", reason: "access-denied" },
    { name: "InternalServiceError", reason: "secrets-manager" },
    { name: "InvalidRequestException", reason: "secrets-manager" },
    { name: "ResourceNotFoundException", reason: "unknown-secret" },
  ])("fails with $reason on $name, without another read or move", async ({ name, reason }) => {
    const { event } = await givenTested();
    api.on(UpdateSecretVersionStageCommand).rejects(apiError(name));

    // In so little time nothing that is throttled is tried again.
    const run = handler(event("finishSecret"), context(1000));

    await expect(run).rejects.toMatchObject({ reason });
    expect(inputs("DescribeSecret")).toHaveLength(1);
    expect(writes()).toEqual(["UpdateSecretVersionStage"]);
  });

  it("fails if the labels cannot be read after a refused move", async () => {
    const { event } = await givenTested();
    api.on(UpdateSecretVersionStageCommand).callsFake(async () => {
      api.on(DescribeSecretCommand).rejects(apiError("InternalServiceError"));
      throw apiError("InvalidParameterException");
    });

    const run = handler(event("finishSecret"), context());

    await expect(run).rejects.toMatchObject({ reason: "secrets-manager" });
    expect(writes()).toEqual(["UpdateSecretVersionStage"]);
  });

  it("names the version that holds AWSCURRENT after a refused move, also if that is unchanged", async () => {
    const { event } = await givenTested();
    api.on(UpdateSecretVersionStageCommand).rejects(apiError("InvalidParameterException"));

    const run = handler(event("finishSecret"), context());

    await expect(run).rejects.toThrow(`it is on ${CURRENT_VERSION}`);
  });
});
