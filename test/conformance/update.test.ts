import { UpdateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { expect } from "vitest";
import { describe, get, labels, newSecret, newToken, refusal, state } from "./given.ts";
import { client, conform } from "./subject.ts";

function update(SecretId: string, ClientRequestToken: string, SecretString: string) {
  return client.send(new UpdateSecretCommand({ SecretId, ClientRequestToken, SecretString }));
}

conform("U1 another description makes no version", async () => {
  const { id, a } = await newSecret();
  const answer = await client.send(new UpdateSecretCommand({ SecretId: id, Description: "other" }));
  expect(answer).not.toHaveProperty("VersionId");
  expect((await describe(id)).Description).toBe("other");
  expect(await state(id, [a])).toEqual({ labels: { [a]: ["AWSCURRENT"] }, values: ["v0"] });
});

conform("U2 another value is a version that becomes AWSCURRENT", async () => {
  const { id, a } = await newSecret();
  const token = newToken();
  expect((await update(id, token, "v1")).VersionId).toBe(token);
  expect(await labels(id)).toEqual({ [a]: ["AWSPREVIOUS"], [token]: ["AWSCURRENT"] });
  expect(await get(id)).toBe("v1");
});

conform("U3 the same request again succeeds and changes nothing", async () => {
  const { id, a } = await newSecret();
  const token = newToken();
  await update(id, token, "v1");
  const before = await state(id, [a, token]);
  expect((await update(id, token, "v1")).VersionId).toBe(token);
  expect(await state(id, [a, token])).toEqual(before);
});

conform("U4 the same token with another value is refused", async () => {
  const { id, a } = await newSecret();
  const token = newToken();
  await update(id, token, "v1");
  const before = await state(id, [a, token]);
  expect((await refusal(update(id, token, "other"))).name).toBe("ResourceExistsException");
  expect(await state(id, [a, token])).toEqual(before);
});
