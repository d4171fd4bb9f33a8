import { CreateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { expect } from "vitest";
import { describe, get, labels, newDeleted, newEmptySecret, newName, newToken, refusal } from "./given.ts";
import { client, conform } from "./subject.ts";

function create(Name: string, ClientRequestToken: string, SecretString?: string) {
  return client.send(new CreateSecretCommand({ Name, ClientRequestToken, SecretString }));
}

conform("C1 the first version has the token as its id and is AWSCURRENT", async () => {
  const token = newToken();
  const created = await create(newName(), token, "v0");
  expect(created.VersionId).toBe(token);
  expect(await labels(created.ARN ?? "")).toEqual({ [token]: ["AWSCURRENT"] });
});

conform("C2 a secret without a value has no version", async () => {
  const name = newName();
  const created = await create(name, newToken());
  expect(created).not.toHaveProperty("VersionId");
  const described = await describe(name);
  expect(described.ARN).toBe(created.ARN);
  expect(described).not.toHaveProperty("VersionIdsToStages");
});

conform("C3 reading a secret without a value names the label that is missing", async () => {
  expect(await refusal(get(await newEmptySecret()))).toMatchObject({
    name: "ResourceNotFoundException",
    status: 400,
    message: expect.stringContaining("staging label: AWSCURRENT"),
  });
});

conform("C4 a name that is taken is refused", async () => {
  const name = newName();
  await create(name, newToken(), "v0");
  const { name: error, message } = await refusal(create(name, newToken(), "v0"));
  expect(error).toBe("ResourceExistsException");
  expect(message).toContain("already exists");
  expect(await get(name)).toBe("v0");
});

conform("C5 the same request again succeeds and changes nothing", async () => {
  const name = newName();
  const token = newToken();
  const first = await create(name, token, "v0");
  const second = await create(name, token, "v0");
  expect([second.ARN, second.VersionId]).toEqual([first.ARN, first.VersionId]);
  expect(await labels(name)).toEqual({ [token]: ["AWSCURRENT"] });
});

conform("C6 the same token with another value is refused", async () => {
  const name = newName();
  const token = newToken();
  await create(name, token, "v0");
  const { name: error, message } = await refusal(create(name, token, "other"));
  expect(error).toBe("ResourceExistsException");
  expect(message).toContain(token);
  expect(await get(name)).toBe("v0");
});

conform("C7 the name of a secret that is scheduled for deletion is refused", async () => {
  const { Name = "" } = await describe((await newDeleted()).id);
  expect((await refusal(create(Name, newToken(), "v0"))).name).toBe("InvalidRequestException");
});
