import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import {
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
} from "@aws-sdk/client-secrets-manager";
import { describe, expect, it } from "vitest";
import { mysql } from "../../functions/mysql/engine.ts";
import { storedForm } from "../../functions/postgres/password.ts";
import { boundedBody } from "../../shared/aws/bounded-body.ts";
import { deadlineOf } from "../../shared/protocol/deadline.ts";
import { rotation } from "../../shared/rotation.ts";
import { readSettings } from "../../shared/secret/settings.ts";
import { singleUser } from "../../shared/strategies/single-user.ts";
import { fakeEngine } from "./fake-engine.ts";
import { givenPending, givenRotation, value } from "./given.ts";
import { context } from "./invoke.ts";
import "./log-lines.ts";
import { api, writes } from "./secrets-manager.ts";

const handler = rotation(fakeEngine("current-password"), singleUser);

describe("refuses an invalid answer of Secrets Manager", () => {
  const strange = {
    reason: "secrets-manager",
    message: expect.stringContaining("is not one of Secrets Manager"),
  };

  it.each([
    { what: "a text", labels: "AWSPENDING" },
    { what: "a number for each version", labels: { one: 1 } },
    { what: "a list", labels: ["AWSPENDING"] },
  ])("if the labels are $what", async ({ labels }) => {
    const { event } = givenPending();
    api.on(DescribeSecretCommand).resolves({ RotationEnabled: true, VersionIdsToStages: labels as never });

    await expect(handler(event("setSecret"), context())).rejects.toMatchObject(strange);
  });

  it("if the value is that of another version", async () => {
    const { event, token } = givenPending();
    api
      .on(GetSecretValueCommand, { VersionId: token })
      .resolves({ VersionId: "another", SecretString: value({ password: "another's" }) });

    await expect(handler(event("testSecret"), context())).rejects.toMatchObject(strange);
  });

  it("if the password is not a text", async () => {
    const { event } = givenRotation();
    api.on(GetRandomPasswordCommand).resolves({ RandomPassword: ["a", "b"] as never });

    await expect(handler(event("createSecret"), context())).rejects.toMatchObject(strange);
    expect(writes()).toEqual([]);
  });

  it("if it has no end", async () => {
    const endless = new Readable({ read: () => void endless.push(Buffer.alloc(64 * 1024)) });

    await expect(buffer(boundedBody(endless))).rejects.toThrow(RangeError);
    expect(endless.destroyed).toBe(true);
  });

  it.each([
    { what: "breaks off", error: undefined, message: "The answer is incomplete." },
    { what: "breaks off with an error", error: new Error("gone"), message: "gone" },
  ])("if it $what", async ({ error, message }) => {
    const broken = new Readable({ read: () => {} });
    broken.push("{");
    setImmediate(() => broken.destroy(error));

    await expect(buffer(boundedBody(broken))).rejects.toThrow(message);
  });
});

describe("refuses a secret before anything is written", () => {
  it.each([
    {
      what: "so deep that a copy of it exhausts the stack",
      more: `${"[".repeat(20_000)}${"]".repeat(20_000)}`,
    },
    { what: "deeper than 100 levels", more: `${'{"a":'.repeat(101)}1${"}".repeat(101)}` },
  ])("if it is $what", async ({ more }) => {
    const { event } = givenRotation({ current: value().replace("{", `{"more":${more},`) });

    await expect(handler(event("createSecret"), context())).rejects.toMatchObject({
      reason: "malformed-secret",
    });
    expect(writes()).toEqual([]);
  });

  it.each(["username", "password", "dbname"])("if its %s has half of a surrogate pair", async (key) => {
    const { event } = givenRotation({ current: value({ [key]: "a\ud800" }) });

    await expect(handler(event("createSecret"), context())).rejects.toMatchObject({
      reason: "malformed-secret",
      message: expect.stringContaining(`"${key}"`),
    });
  });

  it("if MySQL would cut trailing spaces off its user name", () => {
    expect(mysql.refusal(" app", "password")).toContain("rename");
    expect(mysql.refusal("app\t", "password")).toContain("rename");
    expect(mysql.refusal("my app", "password")).toBeUndefined();
  });
});

describe("a server's scram_iterations", () => {
  const stored = async (iterations: number) => {
    using deadline = deadlineOf(context());
    const invocation = { deadline, settings: readSettings({}), log: { info() {}, warn() {}, error() {} } };
    const passwords = { askedForMd5: false, encryption: "scram-sha-256", iterations };
    return await storedForm({ passwords, invocation }, "app", "password");
  };

  it.each([2_147_483_647, 1_000_001, 0, -1, Number.NaN, 1.5])(
    "is refused if it is %d: it is invalid or takes too long",
    async (iterations) => {
      await expect(stored(iterations)).rejects.toMatchObject({ reason: "unsupported" });
    },
  );

  it.each([
    { wanted: 1, used: 4096 },
    { wanted: 4096, used: 4096 },
    { wanted: 600_000, used: 600_000 },
  ])("is used if it is $wanted, with a minimum of 4096", async ({ wanted, used }) => {
    expect(await stored(wanted)).toContain(`SCRAM-SHA-256$${used}:`);
  });
});
