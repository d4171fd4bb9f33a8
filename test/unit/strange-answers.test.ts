import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import {
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
} from "@aws-sdk/client-secrets-manager";
import { describe, expect, it } from "vitest";
import { mysql } from "../../functions/mysql/engine.ts";
import { passwordClause } from "../../functions/postgres/password.ts";
import { boundedBody } from "../../shared/aws/bounded-body.ts";
import { rotation } from "../../shared/rotation.ts";
import { readSettings } from "../../shared/secret/settings.ts";
import { singleUser } from "../../shared/strategies/single-user.ts";
import { fakeEngine } from "./fake-engine.ts";
import { givenPending, givenRotation, value } from "./given.ts";
import { context } from "./invoke.ts";
import "./log-lines.ts";
import { api, writes } from "./secrets-manager.ts";

const handler = rotation(fakeEngine("current-password"), singleUser);

describe("an answer that Secrets Manager would not give is not used", () => {
  const strange = { reason: "secrets-manager", message: expect.stringContaining("does not speak as") };

  it.each([
    { what: "a text", labels: "AWSPENDING" },
    { what: "a number for each version", labels: { one: 1 } },
    { what: "a list", labels: ["AWSPENDING"] },
  ])("when the labels are $what", async ({ labels }) => {
    const { event } = givenPending();
    api.on(DescribeSecretCommand).resolves({ RotationEnabled: true, VersionIdsToStages: labels as never });

    await expect(handler(event("setSecret"), context())).rejects.toMatchObject(strange);
  });

  it("when the value is another version's", async () => {
    const { event, token } = givenPending();
    api
      .on(GetSecretValueCommand, { VersionId: token })
      .resolves({ VersionId: "another", SecretString: value({ password: "another's" }) });

    await expect(handler(event("testSecret"), context())).rejects.toMatchObject(strange);
  });

  it("when the password is none", async () => {
    const { event } = givenRotation();
    api.on(GetRandomPasswordCommand).resolves({ RandomPassword: ["a", "b"] as never });

    await expect(handler(event("createSecret"), context())).rejects.toMatchObject(strange);
    expect(writes()).toEqual([]);
  });

  it("when it does not come to an end", async () => {
    const endless = new Readable({ read: () => void endless.push(Buffer.alloc(64 * 1024)) });

    await expect(buffer(boundedBody(endless))).rejects.toThrow(RangeError);
    expect(endless.destroyed).toBe(true);
  });
});

describe("a secret is refused before anything is written", () => {
  it.each([
    {
      what: "so deep that whoever copies it runs out of stack",
      more: `${"[".repeat(20_000)}${"]".repeat(20_000)}`,
    },
    { what: "deeper than a person would write it", more: `${'{"a":'.repeat(101)}1${"}".repeat(101)}` },
  ])("that is $what", async ({ more }) => {
    const { event } = givenRotation({ current: value().replace("{", `{"more":${more},`) });

    await expect(handler(event("createSecret"), context())).rejects.toMatchObject({
      reason: "malformed-secret",
    });
    expect(writes()).toEqual([]);
  });

  it.each(["username", "password", "dbname"])("whose %s has half a character", async (key) => {
    const { event } = givenRotation({ current: value({ [key]: "a\ud800" }) });

    await expect(handler(event("createSecret"), context())).rejects.toMatchObject({
      reason: "malformed-secret",
      message: expect.stringContaining(`"${key}"`),
    });
  });

  it("whose user MySQL would take for another one: it cuts spaces off", () => {
    expect(mysql.refusal(" app", "password")).toContain("rename");
    expect(mysql.refusal("app\t", "password")).toContain("rename");
    expect(mysql.refusal("my app", "password")).toBeUndefined();
  });
});

describe("a server's scram_iterations", () => {
  const server = (iterations: string | null) => ({
    query: async () => ({ rows: [{ encryption: "scram-sha-256", iterations }] }),
    escapeIdentifier: (name: string) => name,
    escapeLiteral: (text: string) => `'${text}'`,
  });

  it.each(["2147483647", "1000001", "0", "-1", "NaN", "1.5", ""])(
    "of %j would keep the function busy, or be none",
    async (iterations) => {
      const clause = passwordClause(server(iterations), "app", "password", readSettings({}));

      await expect(clause).rejects.toMatchObject({ reason: "unsupported" });
    },
  );

  it.each(["1", "4096", "600000"])("of %s are done", async (iterations) => {
    const clause = await passwordClause(server(iterations), "app", "password", readSettings({}));

    expect(clause).toContain(`SCRAM-SHA-256$${iterations}:`);
  });
});
