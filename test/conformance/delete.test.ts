import {
  DeleteSecretCommand,
  type DeleteSecretCommandInput,
  RestoreSecretCommand,
  TagResourceCommand,
} from "@aws-sdk/client-secrets-manager";
import { expect } from "vitest";
import { describe, get, labels, newDeleted, newName, newPending, newSecret, refusal } from "./given.ts";
import { client, conform } from "./subject.ts";

function remove(SecretId: string, options: Partial<DeleteSecretCommandInput> = {}) {
  return client.send(new DeleteSecretCommand({ SecretId, ...options }));
}

conform("X1 a secret that is restored can be read again", async () => {
  const { id } = await newSecret();
  const { DeletionDate } = await remove(id);
  expect(DeletionDate?.getTime()).toBeGreaterThan(Date.now() + 29 * 86_400_000);
  await client.send(new RestoreSecretCommand({ SecretId: id }));
  expect(await get(id)).toBe("v0");
  expect(await describe(id)).not.toHaveProperty("DeletedDate");
});

conform("X2 force-deleting a missing secret succeeds", async () => {
  const answer = await remove(newName(), { ForceDeleteWithoutRecovery: true });
  expect(answer.$metadata.httpStatusCode).toBe(200);
});

conform("X3 force and a recovery window exclude each other", async () => {
  const { id } = await newSecret();
  const options = { ForceDeleteWithoutRecovery: true, RecoveryWindowInDays: 7 };
  expect((await refusal(remove(id, options))).name).toBe("InvalidParameterException");
  expect(await get(id)).toBe("v0");
});

conform("X4 a secret that is scheduled for deletion can be force-deleted", async () => {
  const { id } = await newDeleted();
  const answer = await remove(id, { ForceDeleteWithoutRecovery: true });
  expect(answer).toMatchObject({ ARN: id, $metadata: { httpStatusCode: 200 } });
  await expect
    .poll(async () => (await refusal(describe(id))).name, { timeout: 20_000 })
    .toBe("ResourceNotFoundException");
});

conform("X5 a recovery window of 6 days is refused", async () => {
  const { id } = await newSecret();
  const refused = await refusal(remove(id, { RecoveryWindowInDays: 6 }));
  expect(refused.name).toBe("InvalidParameterException");
  expect(await get(id)).toBe("v0");
});

conform("X6 a secret that is scheduled for deletion cannot be tagged", async () => {
  const { id } = await newDeleted();
  const command = new TagResourceCommand({ SecretId: id, Tags: [{ Key: "key", Value: "value" }] });
  expect((await refusal(client.send(command))).name).toBe("InvalidRequestException");
  expect((await describe(id)).Tags ?? []).toEqual([]);
});

conform("X7 tags are overwritten and added, labels left alone", async () => {
  const { id, a, b } = await newPending();
  const tag = (...tags: [string, string][]) =>
    client.send(new TagResourceCommand({ SecretId: id, Tags: tags.map(([Key, Value]) => ({ Key, Value })) }));
  await tag(["one", "1"], ["two", "2"]);
  await tag(["two", "two"], ["three", "3"]);
  const { Tags = [] } = await describe(id);
  expect(Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]))).toEqual({
    one: "1",
    two: "two",
    three: "3",
  });
  expect(await labels(id)).toEqual({ [a]: ["AWSCURRENT"], [b]: ["AWSPENDING"] });
});
