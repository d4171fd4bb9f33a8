import { PutSecretValueCommand, RotateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { expect } from "vitest";
import {
  get,
  labels,
  newDeleted,
  newEmptySecret,
  newName,
  newPending,
  newSecret,
  newToken,
  put,
  refusal,
  state,
} from "./given.ts";
import { client, conform, local, register } from "./subject.ts";

conform("P1 a new value becomes AWSCURRENT, the one before AWSPREVIOUS", async () => {
  const { id } = await newSecret();
  const b = await put(id, "v1");
  const c = await put(id, "v2");
  expect(await labels(id)).toEqual({ [b]: ["AWSPREVIOUS"], [c]: ["AWSCURRENT"] });
});

conform("P2 a pending value leaves AWSCURRENT alone", async () => {
  const { id, a } = await newSecret();
  const token = newToken();
  const input = {
    SecretId: id,
    ClientRequestToken: token,
    SecretString: "v1",
    VersionStages: ["AWSPENDING"],
  };
  const answer = await client.send(new PutSecretValueCommand(input));
  expect(answer).toMatchObject({ VersionId: token, VersionStages: ["AWSPENDING"] });
  expect(await labels(id)).toEqual({ [a]: ["AWSCURRENT"], [token]: ["AWSPENDING"] });
  expect(await get(id)).toBe("v0");
});

conform("P3 the same request again succeeds and changes nothing", async () => {
  const { id, a, b } = await newPending();
  const before = await state(id, [a, b]);
  expect(await put(id, "v1", ["AWSPENDING"], b)).toBe(b);
  expect(await state(id, [a, b])).toEqual(before);
});

conform("P4 another value for a pending version is refused", async () => {
  const { id, a, b } = await newPending();
  const before = await state(id, [a, b]);
  const refused = await refusal(put(id, "other", ["AWSPENDING"], b));
  expect(refused).toMatchObject({ name: "ResourceExistsException", status: 400 });
  expect(await state(id, [a, b])).toEqual(before);
});

conform("P4b another value for the current version is refused", async () => {
  const { id, a } = await newSecret();
  expect((await refusal(put(id, "other", undefined, a))).name).toBe("ResourceExistsException");
  expect(await state(id, [a])).toEqual({ labels: { [a]: ["AWSCURRENT"] }, values: ["v0"] });
});

conform("P5 repeating a request with other labels moves none", async () => {
  const { id, a, b } = await newPending();
  const before = await state(id, [a, b]);
  expect(await put(id, "v1", ["AWSCURRENT"], b)).toBe(b);
  expect(await state(id, [a, b])).toEqual(before);
});

conform("P6 custom labels move to the version that asks for them", async () => {
  const { id, a } = await newSecret();
  const b = await put(id, "v1", ["one", "two", "three"]);
  const c = await put(id, "v2", ["one", "two"]);
  expect(await labels(id)).toEqual({ [a]: ["AWSCURRENT"], [b]: ["three"], [c]: ["one", "two"] });
});

conform("P7 a custom label stays on the version that is demoted", async () => {
  const { id } = await newSecret();
  const b = await put(id, "v1", ["AWSCURRENT", "P0"]);
  const c = await put(id, "v2");
  expect(await labels(id)).toEqual({ [b]: ["AWSPREVIOUS", "P0"], [c]: ["AWSCURRENT"] });
});

conform("P8 a new current value strips AWSPENDING from the version that was current", async () => {
  const { id } = await newSecret();
  const b = await put(id, "v1", ["AWSCURRENT", "AWSPENDING"]);
  expect(await labels(id)).toMatchObject({ [b]: ["AWSCURRENT", "AWSPENDING"] });
  const c = await put(id, "v2");
  expect(await labels(id)).toEqual({ [b]: ["AWSPREVIOUS"], [c]: ["AWSCURRENT"] });
});

conform("P9 the first value of a secret is AWSCURRENT, whatever was asked for", async () => {
  const id = await newEmptySecret();
  const token = await put(id, "v0", ["AWSPENDING"]);
  expect(await labels(id)).toEqual({ [token]: ["AWSCURRENT", "AWSPENDING"] });
  expect(await get(id)).toBe("v0");
});

conform("P10 a second pending value takes the label from the first", async () => {
  const { id, a, b } = await newPending();
  const c = await put(id, "v2", ["AWSPENDING"]);
  expect(await labels(id)).toEqual({ [a]: ["AWSCURRENT"], [c]: ["AWSPENDING"] });
  expect(await get(id, { VersionId: b })).toBe("v1");
});

conform("P11 a manual value strips AWSPENDING from the pending version", async () => {
  const { id, a } = await newPending();
  const c = await put(id, "v2");
  expect(await labels(id)).toEqual({ [a]: ["AWSPREVIOUS"], [c]: ["AWSCURRENT"] });
});

conform("P12 a missing secret is not found", async () => {
  const refused = await refusal(put(newName(), "v1"));
  expect(refused).toMatchObject({ name: "ResourceNotFoundException", status: 400 });
});

conform("P13 a secret that is scheduled for deletion takes no value", async () => {
  const { id } = await newDeleted();
  expect((await refusal(put(id, "v1"))).name).toBe("InvalidRequestException");
});

conform("P14 an empty list of labels and one of 21 are refused", async () => {
  const { id, a, b } = await newPending();
  const before = await state(id, [a, b]);
  const twentyOne = Array.from({ length: 21 }, (_, index) => `label-${index}`);
  expect((await refusal(put(id, "v2", []))).status).toBe(400);
  expect((await refusal(put(id, "v2", twentyOne))).status).toBe(400);
  expect(await state(id, [a, b])).toEqual(before);
});

/** A secret with the empty version of a rotation whose function stores nothing and then fails. */
async function newPlaceholder(): Promise<{ id: string; a: string; token: string }> {
  const { id, a } = await newSecret();
  const functionArn = register(() => Promise.reject(new Error("No value today.")));
  const { VersionId: token = "" } = await client.send(
    new RotateSecretCommand({ SecretId: id, RotationLambdaARN: functionArn }),
  );
  await local.settled(id);
  return { id, a, token };
}

conform("P15 the empty version of a rotation takes a value", async () => {
  const { id, a, token } = await newPlaceholder();
  expect(await put(id, "v1", ["AWSPENDING"], token)).toBe(token);
  expect(await get(id, { VersionId: token, VersionStage: "AWSPENDING" })).toBe("v1");
  expect(await labels(id)).toEqual({ [a]: ["AWSCURRENT"], [token]: ["AWSPENDING"] });
});

conform("P16 the empty version of a rotation takes one value only", async () => {
  const { id, a, token } = await newPlaceholder();
  await put(id, "v1", ["AWSPENDING"], token);
  const before = await state(id, [a, token]);
  expect(await put(id, "v1", ["AWSPENDING"], token)).toBe(token);
  expect((await refusal(put(id, "other", ["AWSPENDING"], token))).name).toBe("ResourceExistsException");
  expect(await state(id, [a, token])).toEqual(before);
});
