import { CreateSecretCommand, GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { expect } from "vitest";
import {
  get,
  labels,
  moveLabel,
  newDeleted,
  newName,
  newPending,
  newSecret,
  newToken,
  put,
  refusal,
} from "./given.ts";
import { client, conform } from "./subject.ts";

conform("G1 a version is found by default, by id, by label, and by both", async () => {
  const { id, a } = await newSecret();
  const b = await put(id, "v1");
  expect(await get(id)).toBe("v1");
  expect(await get(id, { VersionId: a })).toBe("v0");
  expect(await get(id, { VersionStage: "AWSPREVIOUS" })).toBe("v0");
  expect(await get(id, { VersionId: b, VersionStage: "AWSCURRENT" })).toBe("v1");
});

conform("G2 id and label that disagree are refused", async () => {
  const { id, a } = await newSecret();
  const refused = await refusal(get(id, { VersionId: a, VersionStage: "AWSPREVIOUS" }));
  expect(refused).toMatchObject({ name: "InvalidRequestException", status: 400 });
});

conform("G3 an unknown version is named by its id", async () => {
  const { id } = await newSecret();
  const unknown = newToken();
  expect(await refusal(get(id, { VersionId: unknown }))).toMatchObject({
    name: "ResourceNotFoundException",
    status: 400,
    message: expect.stringContaining(`VersionId: ${unknown}`),
  });
});

conform("G4 a label that no version has is named", async () => {
  const { id } = await newSecret();
  expect(await refusal(get(id, { VersionStage: "AWSPENDING" }))).toMatchObject({
    name: "ResourceNotFoundException",
    status: 400,
    message: expect.stringContaining("staging label: AWSPENDING"),
  });
});

conform("G5 a secret that is scheduled for deletion cannot be read", async () => {
  const { id } = await newDeleted();
  expect(await refusal(get(id))).toMatchObject({
    name: "InvalidRequestException",
    message: expect.stringContaining("marked for deletion"),
  });
});

conform("G6 a version without a label is still read by its id", async () => {
  const { id, a } = await newSecret();
  await put(id, "v1");
  await put(id, "v2");
  expect(await labels(id)).not.toHaveProperty(a);
  const { SecretString, VersionStages } = await client.send(
    new GetSecretValueCommand({ SecretId: id, VersionId: a }),
  );
  expect(SecretString).toBe("v0");
  expect(VersionStages ?? []).toEqual([]);
});

conform("G7 after AWSCURRENT moved, the default is the new value", async () => {
  const { id, a, b } = await newPending();
  expect(await get(id)).toBe("v0");
  await moveLabel(id, "AWSCURRENT", { from: a, to: b });
  expect(await get(id)).toBe("v1");
});

conform("G8 binary comes back byte for byte", async () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  const { ARN } = await client.send(new CreateSecretCommand({ Name: newName(), SecretBinary: bytes }));
  const answer = await client.send(new GetSecretValueCommand({ SecretId: ARN }));
  expect(Buffer.from(answer.SecretBinary ?? [])).toEqual(Buffer.from(bytes));
  expect(answer).not.toHaveProperty("SecretString");
});
