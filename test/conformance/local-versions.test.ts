import { expect, test } from "vitest";
import { localService } from "./local-service.ts";

/** Rules of the local service that take time or patience to see, and so are no cases of the table. */

const HOUR = 60 * 60 * 1000;
const token = (index: number) => `version-${String(index).padStart(32, "0")}`;

function put(call: ReturnType<typeof localService>["call"], index: number, more: object = {}): void {
  call("PutSecretValue", {
    SecretId: "app",
    ClientRequestToken: token(index),
    SecretString: `v${index}`,
    ...more,
  });
}

test("purges versions without a label beyond 100 that are older than a day", () => {
  const { call, pass } = localService();
  call("CreateSecret", { Name: "app", ClientRequestToken: token(0), SecretString: "v0" });
  for (let index = 1; index < 100; index += 1) put(call, index);
  expect(() => put(call, 100)).toThrow(expect.objectContaining({ name: "LimitExceededException" }));
  expect(call("GetSecretValue", { SecretId: "app" }).SecretString).toBe("v99");
  pass(24 * HOUR - 1);
  expect(() => put(call, 100)).toThrow(expect.objectContaining({ name: "LimitExceededException" }));
  pass(1);
  put(call, 100);
  expect(() => call("GetSecretValue", { SecretId: "app", VersionId: token(0) })).toThrow("VersionId");
  expect(call("GetSecretValue", { SecretId: "app", VersionId: token(1) }).SecretString).toBe("v1");
});

test("never purges a version with a label", () => {
  const { call, pass } = localService();
  call("CreateSecret", { Name: "app", ClientRequestToken: token(0), SecretString: "v0" });
  call("UpdateSecretVersionStage", { SecretId: "app", VersionStage: "keep", MoveToVersionId: token(0) });
  for (let index = 1; index < 100; index += 1) put(call, index);
  pass(24 * HOUR);
  put(call, 100);
  expect(call("GetSecretValue", { SecretId: "app", VersionStage: "keep" }).SecretString).toBe("v0");
});

test("a secret has at most 20 labels, over all its versions", () => {
  const { call, labels } = localService();
  call("CreateSecret", { Name: "app", ClientRequestToken: token(0), SecretString: "v0" });
  const names = Array.from({ length: 19 }, (_, index) => `label-${index}`);
  put(call, 1, { VersionStages: names });
  const before = labels("app");
  const refused = expect.objectContaining({ name: "LimitExceededException" });
  expect(() => put(call, 2)).toThrow(refused);
  const move = { SecretId: "app", VersionStage: "one-more", MoveToVersionId: token(0) };
  expect(() => call("UpdateSecretVersionStage", move)).toThrow(refused);
  expect(labels("app")).toEqual(before);
  expect(() => call("GetSecretValue", { SecretId: "app", VersionId: token(2) })).toThrow("VersionId");
});

test("refuses to move AWSCURRENT to a version without a value, or to the version that holds it", async () => {
  const { call, labels, rotate, setFunction } = localService();
  call("CreateSecret", { Name: "app", ClientRequestToken: token(0), SecretString: "v0" });
  setFunction(() => Promise.reject(new Error("No value today.")));
  const placeholder = await rotate("app");
  const before = labels("app");
  for (const MoveToVersionId of [placeholder, token(0)]) {
    const move = {
      SecretId: "app",
      VersionStage: "AWSCURRENT",
      RemoveFromVersionId: token(0),
      MoveToVersionId,
    };
    expect(() => call("UpdateSecretVersionStage", move)).toThrow(
      expect.objectContaining({ name: "InvalidParameterException" }),
    );
  }
  expect(labels("app")).toEqual(before);
});

test("refuses to move a label to or from a version that does not exist", () => {
  const { call, labels } = localService();
  call("CreateSecret", { Name: "app", ClientRequestToken: token(0), SecretString: "v0" });
  const before = labels("app");
  for (const move of [
    { MoveToVersionId: token(9) },
    { RemoveFromVersionId: token(9) },
    { MoveToVersionId: token(0), RemoveFromVersionId: token(9) },
    {},
  ]) {
    expect(() =>
      call("UpdateSecretVersionStage", { SecretId: "app", VersionStage: "custom", ...move }),
    ).toThrow(expect.objectContaining({ name: "InvalidParameterException" }));
  }
  expect(labels("app")).toEqual(before);
});

test("ListSecretVersionIds leaves out the empty version of a rotation, as AWS does at times", async () => {
  const { call, rotate, setFunction } = localService();
  call("CreateSecret", { Name: "app", SecretString: "v0" });
  setFunction(() => Promise.reject(new Error("No value today.")));
  await rotate("app");
  const list = { SecretId: "app", IncludeDeprecated: true };
  expect(call("ListSecretVersionIds", list).Versions).toHaveLength(1);
});

test("re-encrypts the versions in use with a new key", () => {
  const { call } = localService();
  call("CreateSecret", { Name: "app", ClientRequestToken: token(0), SecretString: "v0" });
  for (let index = 1; index < 3; index += 1) put(call, index);
  expect(call("UpdateSecret", { SecretId: "app", KmsKeyId: "alias/other" }).VersionId).toBeUndefined();
  const { Versions } = call("ListSecretVersionIds", { SecretId: "app", IncludeDeprecated: true });
  expect([Versions].flat().map((entry) => Object(entry).KmsKeyIds[0])).toEqual([
    "DefaultEncryptionKey",
    "alias/other",
    "alias/other",
  ]);
});

test("deletes a secret at the end of its recovery window, and frees its name", () => {
  const { call, pass } = localService();
  call("CreateSecret", { Name: "app", SecretString: "v0" });
  call("DeleteSecret", { SecretId: "app", RecoveryWindowInDays: 7 });
  pass(7 * 24 * HOUR - 1);
  expect(call("DescribeSecret", { SecretId: "app" }).DeletedDate).toBe(Date.UTC(2026, 0, 8) / 1000);
  expect(call("ListSecrets").SecretList).toEqual([]);
  expect(call("ListSecrets", { IncludePlannedDeletion: true }).SecretList).toHaveLength(1);
  pass(1);
  expect(() => call("DescribeSecret", { SecretId: "app" })).toThrow("can't find");
  call("CreateSecret", { Name: "app", SecretString: "again" });
});

test("an ARN without suffix finds nothing if the name itself ends like a suffix", () => {
  const { call } = localService();
  const { ARN } = call("CreateSecret", { Name: "app-abcdef", SecretString: "v0" });
  expect(() => call("GetSecretValue", { SecretId: String(ARN).slice(0, -7) })).toThrow("can't find");
  expect(call("GetSecretValue", { SecretId: "app-abcdef" }).SecretString).toBe("v0");
});

test("paginates lists", () => {
  const { call } = localService();
  call("CreateSecret", { Name: "app", ClientRequestToken: token(0), SecretString: "v0" });
  for (let index = 1; index < 5; index += 1) put(call, index);
  const ids: unknown[] = [];
  let NextToken: unknown;
  do {
    const request = {
      SecretId: "app",
      MaxResults: 2,
      IncludeDeprecated: true,
      ...(NextToken ? { NextToken } : {}),
    };
    const answer = call("ListSecretVersionIds", request);
    ids.push(...[answer.Versions].flat().map((entry) => Object(entry).VersionId));
    NextToken = answer.NextToken;
  } while (NextToken !== undefined);
  expect(ids).toEqual([0, 1, 2, 3, 4].map(token));
  expect(() => call("ListSecretVersionIds", { SecretId: "app", NextToken: "x" })).toThrow(
    expect.objectContaining({ name: "InvalidNextTokenException" }),
  );
});
