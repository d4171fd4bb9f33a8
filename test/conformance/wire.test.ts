import { expect } from "vitest";
import { get, newName, newPending, newSecret, newToken, put, refusal, state } from "./given.ts";
import { raw } from "./raw.ts";
import { conform } from "./subject.ts";

conform("W1 an unknown secret is a 400 ResourceNotFoundException", async () => {
  const answer = await raw("GetSecretValue", { SecretId: newName() });
  expect(answer).toMatchObject({
    status: 400,
    body: {
      __type: "ResourceNotFoundException",
      Message: "Secrets Manager can't find the specified secret.",
    },
  });
});

conform("W2 an error's body is a bare type and a Message", async () => {
  const { body, requestId } = await raw("GetSecretValue", { SecretId: newName() });
  expect(Object.keys(body).sort()).toEqual(["Message", "__type"]);
  expect(body.__type).toBe("ResourceNotFoundException");
  expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
});

conform("W3 a token of 31 characters is refused", async () => {
  const { id, a, b } = await newPending();
  const before = await state(id, [a, b]);
  const token = "t".repeat(31);
  const answer = await raw("PutSecretValue", { SecretId: id, ClientRequestToken: token, SecretString: "v2" });
  expect(answer.status).toBe(400);
  expect(await state(id, [a, b])).toEqual(before);
  expect(await put(id, "v2", ["AWSPENDING"], "t".repeat(32))).toBe("t".repeat(32));
});

conform("W4 a raw CreateSecret without a token is refused", async () => {
  const name = newName();
  const answer = await raw("CreateSecret", { Name: name, SecretString: "v0" });
  expect(answer).toMatchObject({ status: 400, body: { __type: "InvalidRequestException" } });
  expect((await refusal(get(name))).name).toBe("ResourceNotFoundException");
});

conform("W4b a raw PutSecretValue without a token is refused", async () => {
  const { id } = await newSecret();
  const answer = await raw("PutSecretValue", { SecretId: id, SecretString: "v1" });
  expect(answer).toMatchObject({ status: 400, body: { __type: "InvalidRequestException" } });
  expect(await get(id)).toBe("v0");
});

conform("W4c a raw RotateSecret without a token is refused, with another error", async () => {
  const { id } = await newSecret();
  const answer = await raw("RotateSecret", { SecretId: id });
  expect(answer).toMatchObject({ status: 400, body: { __type: "InvalidParameterException" } });
});

conform("W5 a value of 65 537 characters is refused, one of 65 536 is stored", async () => {
  const { id, a } = await newSecret();
  const before = await state(id, [a]);
  const put = (SecretString: string) =>
    raw("PutSecretValue", { SecretId: id, ClientRequestToken: newToken(), SecretString });
  expect((await put("x".repeat(65_537))).status).toBe(400);
  expect(await state(id, [a])).toEqual(before);
  expect((await put("x".repeat(65_536))).status).toBe(200);
});

conform("W6 text and binary together are refused", async () => {
  const { id, a } = await newSecret();
  const before = await state(id, [a]);
  const value = { SecretString: "v1", SecretBinary: "djE=" };
  const answer = await raw("PutSecretValue", { SecretId: id, ClientRequestToken: newToken(), ...value });
  expect(answer.status).toBe(400);
  expect(await state(id, [a])).toEqual(before);
});

conform("W7 neither text nor binary is refused", async () => {
  const { id, a } = await newSecret();
  const before = await state(id, [a]);
  const answer = await raw("PutSecretValue", { SecretId: id, ClientRequestToken: newToken() });
  expect(answer.status).toBe(400);
  expect(await state(id, [a])).toEqual(before);
});

conform("W8 a name with other characters is a ValidationException", async () => {
  const body = { Name: "bad name!*", ClientRequestToken: newToken(), SecretString: "v0" };
  const answer = await raw("CreateSecret", body);
  expect(answer).toMatchObject({ status: 400, body: { __type: "ValidationException" } });
});
