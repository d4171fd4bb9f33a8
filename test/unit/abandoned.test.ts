import { GetSecretValueCommand, ListSecretVersionIdsCommand } from "@aws-sdk/client-secrets-manager";
import { describe, expect, it } from "vitest";
import { rotation } from "../../shared/rotation.ts";
import { singleUser } from "../../shared/strategies/single-user.ts";
import { fakeEngine, fakeSession } from "./fake-engine.ts";
import { givenPending, value } from "./given.ts";
import { context, SECRET_ID } from "./invoke.ts";
import { logLines, logText } from "./log-lines.ts";
import { api, apiError, calls, inputs, type Version } from "./secrets-manager.ts";

/** A version without a label, made at this hour. */
function abandoned(hour: number, password: string, changes: Record<string, unknown> = {}): Version {
  return {
    labels: [],
    value: value({ password, ...changes }),
    created: new Date(Date.UTC(2026, 10, 30, hour)),
  };
}

/** Returns the passwords of abandoned rotations that an engine gets in setSecret. */
async function passwordsOf(
  more: Record<string, Version>,
  prepare = () => {},
  situation: Parameters<typeof givenPending>[0] = {},
): Promise<readonly string[]> {
  const { versions, event } = givenPending(situation);
  Object.assign(versions, more);
  prepare();
  let learned: readonly string[] = [];
  const engine = fakeEngine("", {
    connect: async (login) =>
      fakeSession(login, {
        async changeOwnPassword(_next, { abandoned }) {
          learned = await abandoned();
          return "kept";
        },
        [Symbol.asyncDispose]: async () => {},
      }),
  });
  await rotation(engine, singleUser)(event("setSecret"), context());
  return learned;
}

describe("the passwords of abandoned rotations", () => {
  it("are those of the versions without a label, newest first", async () => {
    const found = await passwordsOf({
      a: abandoned(2, "second-password"),
      b: abandoned(3, "third-password"),
      c: abandoned(1, "first-password"),
    });

    expect(found).toEqual(["third-password", "second-password", "first-password"]);
    expect(inputs("ListSecretVersionIds")).toEqual([
      { SecretId: SECRET_ID, IncludeDeprecated: true, MaxResults: 100 },
    ]);
  });

  it("are those of the five newest versions, and the others are not read", async () => {
    const hours = [1, 2, 3, 4, 5, 6, 7];

    const found = await passwordsOf(
      Object.fromEntries(hours.map((hour) => [`v${hour}`, abandoned(hour, `password-${hour}`)])),
    );

    expect(found).toEqual([7, 6, 5, 4, 3].map((hour) => `password-${hour}`));
    expect(inputs("GetSecretValue")).toHaveLength(2 + 5);
  });

  it("begin with the password of AWSPREVIOUS, which is newer if AWSCURRENT was moved back by hand", async () => {
    const found = await passwordsOf({
      previous: { ...abandoned(1, "previous-password"), labels: ["AWSPREVIOUS"] },
      unlabeled: abandoned(2, "unlabeled-password"),
    });

    expect(found).toEqual(["previous-password", "unlabeled-password"]);
  });

  it.each([
    { name: "no TLS", written: { ssl: false } },
    { name: "another certificate", written: { sslServerName: "attacker.example" } },
  ])("leave out versions with TLS if AWSCURRENT names $name", async ({ written }) => {
    const situation = { current: value(written), pending: value({ ...written, password: "pending" }) };
    const withoutTls = abandoned(2, "without-tls", { ssl: false });

    const found = await passwordsOf({ secure: abandoned(1, "with-tls"), withoutTls }, undefined, situation);

    expect(found).toEqual(["without-tls"]);
  });

  it("leave out versions that have a label of the application", async () => {
    const found = await passwordsOf({ mine: { ...abandoned(1, "labeled-password"), labels: ["MINE"] } });

    expect(found).toEqual([]);
  });

  it("end with those of versions without a date", async () => {
    const { created: _, ...undated } = abandoned(1, "undated-password");

    expect(await passwordsOf({ undated, dated: abandoned(1, "dated-password") })).toEqual([
      "dated-password",
      "undated-password",
    ]);
  });

  it.each([
    { what: "user", changes: { username: "other" } },
    { what: "host", changes: { host: "old.example" } },
    { what: "port", changes: { port: 6432 } },
  ])("leave out versions with another $what", async ({ changes }) => {
    const found = await passwordsOf({
      other: abandoned(2, "other-password", changes),
      own: abandoned(1, "own-password"),
    });

    expect(found).toEqual(["own-password"]);
  });

  it("include versions whose host and port are only spelled differently", async () => {
    const found = await passwordsOf({
      spelled: abandoned(1, "own-password", { host: "DB.example", port: "5432", dbname: "other" }),
    });

    expect(found).toEqual(["own-password"]);
  });

  it("are not read for an engine that does not need them", async () => {
    const { event } = givenPending();

    await rotation(fakeEngine("current-password"), singleUser)(event("setSecret"), context());

    expect(calls()).not.toContain("ListSecretVersionIds");
  });

  it("are in no log line", async () => {
    await passwordsOf({ a: abandoned(1, "first-password"), b: { labels: [], value: "{first-password" } });

    expect(logText()).not.toContain("first-password");
  });
});

describe("a version that cannot be used is ignored, with a warning,", () => {
  it.each([
    { what: "is not JSON", version: { labels: [], value: '{"password":"broken-password"' } },
    { what: "is of another engine", version: abandoned(9, "broken-password", { engine: "mysql" }) },
    { what: "lacks a user", version: abandoned(9, "broken-password", { username: undefined }) },
  ])("if it $what", async ({ version }) => {
    const found = await passwordsOf({ broken: version, own: abandoned(1, "own-password") });

    expect(found).toEqual(["own-password"]);
    expect(logLines()[0]).toMatchObject({
      level: "WARN",
      message: expect.stringContaining("Version broken is ignored. The value under version broken "),
    });
    expect(logText()).not.toContain("broken-password");
  });

  it("if it is binary", async () => {
    const found = await passwordsOf({ binary: abandoned(2, "x"), own: abandoned(1, "own-password") }, () =>
      api.on(GetSecretValueCommand, { VersionId: "binary" }).resolves({ VersionId: "binary" }),
    );

    expect(found).toEqual(["own-password"]);
    expect(logLines()[0]).toMatchObject({ level: "WARN", message: expect.stringContaining("is binary") });
  });

  it("if its key may no longer be used", async () => {
    const found = await passwordsOf({ old: abandoned(2, "x"), own: abandoned(1, "own-password") }, () =>
      api.on(GetSecretValueCommand, { VersionId: "old" }).rejects(apiError("DecryptionFailure")),
    );

    expect(found).toEqual(["own-password"]);
    expect(logLines()[0]).toMatchObject({ level: "WARN", message: expect.stringContaining("kms:Decrypt") });
  });

  it("but fails if Secrets Manager fails: the next run may read it", async () => {
    const run = passwordsOf({ own: abandoned(1, "own-password") }, () =>
      api.on(GetSecretValueCommand, { VersionId: "own" }).rejects(apiError("InternalServiceError")),
    );

    await expect(run).rejects.toMatchObject({ reason: "secrets-manager" });
  });

  it("without a warning if it has vanished meanwhile", async () => {
    const found = await passwordsOf({ empty: { labels: [] }, own: abandoned(1, "own-password") });

    expect(found).toEqual(["own-password"]);
    expect(logLines().map(({ level }) => level)).toEqual(["INFO"]);
  });
});

describe("a list of versions", () => {
  const listing = (answer: unknown) => () => {
    api.on(ListSecretVersionIdsCommand).resolves(answer as never); // An answer that the service never gives.
  };

  it("that the role may not read counts as empty, and the warning names the permission", async () => {
    const denied = apiError(
      "AccessDeniedException",
      "User: role is not authorized to perform: secretsmanager:ListSecretVersionIds",
    );

    const found = await passwordsOf({ own: abandoned(1, "own-password") }, () =>
      api.on(ListSecretVersionIdsCommand).rejects(denied),
    );

    expect(found).toEqual([]);
    expect(logLines()[0]).toMatchObject({
      level: "WARN",
      message: expect.stringContaining("secretsmanager:ListSecretVersionIds"),
    });
    expect(logLines().at(-1)).toMatchObject({ outcome: "succeeded" });
  });

  it.each([
    { name: "InternalServiceError", reason: "secrets-manager" },
    { name: "ResourceNotFoundException", reason: "unknown-secret" },
  ])("that fails with $name ends the step with $reason", async ({ name, reason }) => {
    const run = passwordsOf({}, () => api.on(ListSecretVersionIdsCommand).rejects(apiError(name)));

    await expect(run).rejects.toMatchObject({ reason });
  });

  it.each([
    { what: "a text", answer: { Versions: "a" } },
    { what: "texts", answer: { Versions: ["a"] } },
    { what: "versions without an id", answer: { Versions: [{ VersionStages: [] }] } },
    { what: "numbers for ids", answer: { Versions: [{ VersionId: 1 }] } },
    { what: "a text for labels", answer: { Versions: [{ VersionId: "a", VersionStages: "AWSCURRENT" }] } },
    { what: "texts for dates", answer: { Versions: [{ VersionId: "a", CreatedDate: "2026-11-30" }] } },
  ])("that is $what is not used", async ({ answer }) => {
    const run = passwordsOf({ a: abandoned(1, "own-password") }, listing(answer));

    await expect(run).rejects.toMatchObject({
      reason: "secrets-manager",
      message: expect.stringContaining("The answer to ListSecretVersionIds is not one of Secrets Manager"),
    });
  });

  it.each([{}, { Versions: null }, { Versions: [] }])(
    "that is empty has no passwords: %o",
    async (answer) => {
      expect(await passwordsOf({}, listing(answer))).toEqual([]);
    },
  );
});
