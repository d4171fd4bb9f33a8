import { ListSecretVersionIdsCommand, RotateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { expect } from "vitest";
import { describe, get, labels, newDeleted, newName, newSecret, newToken, put, refusal } from "./given.ts";
import { client, conform, local, register } from "./subject.ts";

function list(SecretId: string, IncludeDeprecated?: boolean) {
  return client.send(new ListSecretVersionIdsCommand({ SecretId, IncludeDeprecated }));
}

conform("D1 a secret that was never rotated shows nothing of rotation", async () => {
  const { id } = await newSecret();
  const described = await describe(id);
  for (const member of ["RotationEnabled", "RotationRules", "RotationLambdaARN", "LastRotatedDate"]) {
    expect(described).not.toHaveProperty(member);
  }
});

conform("D2 a secret that is scheduled for deletion is still described", async () => {
  const { id, a, b } = await newDeleted();
  const described = await describe(id);
  expect(described.DeletedDate).toBeInstanceOf(Date);
  expect(Object.keys(described.VersionIdsToStages ?? {}).sort()).toEqual([a, b].sort());
});

conform("D3 a version without a label is not described", async () => {
  const { id, a } = await newSecret();
  const b = await put(id, "v1");
  const c = await put(id, "v2");
  expect(Object.keys(await labels(id)).sort()).toEqual([b, c].sort());
  expect(await get(id, { VersionId: a })).toBe("v0");
});

conform("D4 versions without a label are listed when asked for, without VersionStages", async () => {
  const { id, a } = await newSecret();
  await put(id, "v1");
  await put(id, "v2");
  expect((await list(id)).Versions).toHaveLength(2);
  const { Versions = [] } = await list(id, true);
  expect(Versions).toHaveLength(3);
  for (const { VersionId, VersionStages, KmsKeyIds } of Versions) {
    expect(VersionStages === undefined).toBe(VersionId === a);
    expect(KmsKeyIds).toEqual(["DefaultEncryptionKey"]);
  }
});

conform("D5 the versions of a missing secret are not found", async () => {
  const refused = await refusal(list(newName()));
  expect(refused).toMatchObject({ name: "ResourceNotFoundException", status: 400 });
});

conform("D6 a secret is found by its ARN and by its ARN without the suffix", async () => {
  const { id } = await newSecret();
  expect(id).toMatch(/-[A-Za-z0-9]{6}$/);
  expect(await get(id)).toBe("v0");
  expect(await get(id.slice(0, -7))).toBe("v0");
});

conform("D7 the empty version of a rotation is described; it need not be listed", async () => {
  const { id, a } = await newSecret();
  const functionArn = register(() => Promise.reject(new Error("No value today.")));
  const token = newToken();
  await client.send(
    new RotateSecretCommand({ SecretId: id, ClientRequestToken: token, RotationLambdaARN: functionArn }),
  );
  await local.settled(id);
  expect(await labels(id)).toEqual({ [a]: ["AWSCURRENT"], [token]: ["AWSPENDING"] });
  const { Versions = [] } = await list(id, true);
  expect(Versions.map(({ VersionId }) => VersionId).filter((version) => version !== token)).toEqual([a]);
});
