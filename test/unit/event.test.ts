import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { rotation } from "../../shared/rotation.ts";
import { singleUser } from "../../shared/strategies/single-user.ts";
import { fakeEngine } from "./fake-engine.ts";
import { givenRotation } from "./given.ts";
import { context, eventOf, SECRET_ID } from "./invoke.ts";
import { logText } from "./log-lines.ts";
import { calls, inputs } from "./secrets-manager.ts";

const handler = rotation(fakeEngine(""), singleUser);
const token = randomUUID();
const usual = eventOf("createSecret", token);

const ofStep = "Step must be one of createSecret, setSecret, testSecret, finishSecret";
const ofSecret = "SecretId must be the ARN";
const ofToken = "ClientRequestToken must be the id of a version, a string of 32 to 64 characters";
const ofRotationToken = "RotationToken must be a non-empty string";
const fromService = "Let Secrets Manager invoke this function";

describe("an event is refused before any call", () => {
  it.each([
    { what: "without Step", event: { ...usual, Step: undefined }, says: ofStep },
    { what: "with a Step that is a number", event: { ...usual, Step: 1 }, says: ofStep },
    { what: "with an unknown Step", event: { ...usual, Step: "deleteSecret" }, says: ofStep },
    { what: "with a Step every object has", event: { ...usual, Step: "constructor" }, says: ofStep },
    { what: "without SecretId", event: { ...usual, SecretId: undefined }, says: ofSecret },
    { what: "with an empty SecretId", event: { ...usual, SecretId: "" }, says: ofSecret },
    { what: "with a SecretId that is a list", event: { ...usual, SecretId: [SECRET_ID] }, says: ofSecret },
    { what: "without a token", event: { ...usual, ClientRequestToken: undefined }, says: ofToken },
    {
      what: "with a token too short",
      event: { ...usual, ClientRequestToken: "x".repeat(31) },
      says: ofToken,
    },
    { what: "with a token too long", event: { ...usual, ClientRequestToken: "x".repeat(65) }, says: ofToken },
    { what: "with a token that is null", event: { ...usual, ClientRequestToken: null }, says: ofToken },
    { what: "with an empty RotationToken", event: { ...usual, RotationToken: "" }, says: ofRotationToken },
    { what: "with a RotationToken of null", event: { ...usual, RotationToken: null }, says: ofRotationToken },
    { what: "that is a string", event: "createSecret", says: "it must be an object" },
    { what: "that is null", event: null, says: "it must be an object" },
    { what: "that is nothing", event: undefined, says: "it must be an object" },
  ])("$what", async ({ event, says }) => {
    givenRotation();

    const run = handler(event, context());

    await expect(run).rejects.toMatchObject({
      name: "RotationError",
      reason: "malformed-event",
      message: expect.stringContaining(says),
    });
    await expect(run).rejects.toThrow(fromService);
    expect(calls()).toEqual([]);
  });

  it.each(["create_secret", "set_secret", "test_secret", "finish_secret"])(
    "with the step %s, and names the right spelling",
    async (step) => {
      const run = handler(eventOf(step, token), context());

      await expect(run).rejects.toMatchObject({ reason: "malformed-event" });
      await expect(run).rejects.toThrow(/snake_case .* camelCase \(createSecret\)/);
      expect(calls()).toEqual([]);
    },
  );

  it("with an error that quotes nothing from the event", async () => {
    const run = handler({ Step: "hunter2", RotationToken: "rotation-token" }, context());

    await expect(run).rejects.toThrow(/^(?!.*(hunter2|rotation-token))/);
    expect(logText()).not.toMatch(/hunter2|rotation-token/);
  });
});

describe("an event is accepted", () => {
  it.each([32, 64])("with a token of %i characters", async (length) => {
    const { versions } = givenRotation();
    const given = "t".repeat(length);
    versions[given] = { labels: ["AWSPENDING"] };

    await handler(eventOf("createSecret", given), context());

    expect(inputs("PutSecretValue")).toMatchObject([{ ClientRequestToken: given }]);
  });

  it("with fields that are not known yet", async () => {
    const { event } = givenRotation();

    await handler(event("createSecret", { NewField: { nested: true } }), context());

    expect(inputs("PutSecretValue")).toHaveLength(1);
  });
});
