import { ListSecretVersionIdsCommand } from "@aws-sdk/client-secrets-manager";
import { expect } from "vitest";
import {
  get,
  labels,
  moveLabel,
  newDeleted,
  newPending,
  newSecret,
  newToken,
  put,
  refusal,
  state,
} from "./given.ts";
import { client, conform } from "./subject.ts";

conform("S1 AWSCURRENT moves, AWSPREVIOUS follows, AWSPENDING stays", async () => {
  const { id, a, b } = await newPending();
  await moveLabel(id, "AWSCURRENT", { from: a, to: b });
  expect(await labels(id)).toEqual({ [a]: ["AWSPREVIOUS"], [b]: ["AWSCURRENT", "AWSPENDING"] });
});

conform("S2 moving AWSCURRENT without naming its holder is refused and names it", async () => {
  const { id, a, b } = await newPending();
  const before = await state(id, [a, b]);
  expect(await refusal(moveLabel(id, "AWSCURRENT", { to: b }))).toMatchObject({
    name: "InvalidParameterException",
    status: 400,
    message: expect.stringContaining(a),
  });
  expect(await state(id, [a, b])).toEqual(before);
});

conform("S2b moving a custom label without naming its holder is refused", async () => {
  const { id, a, b } = await newPending();
  await moveLabel(id, "custom", { to: a });
  const before = await state(id, [a, b]);
  expect((await refusal(moveLabel(id, "custom", { to: b }))).status).toBe(400);
  expect(await state(id, [a, b])).toEqual(before);
});

conform("S3 naming a version that does not hold the label is refused", async () => {
  const { id, a, b } = await newPending();
  const before = await state(id, [a, b]);
  const refused = await refusal(moveLabel(id, "AWSCURRENT", { from: b, to: b }));
  expect(refused).toMatchObject({ name: "InvalidParameterException", status: 400 });
  expect(await state(id, [a, b])).toEqual(before);
});

conform("S3b naming an unknown holder is refused", async () => {
  const { id, a, b } = await newPending();
  const before = await state(id, [a, b]);
  const move = { from: newToken(), to: b };
  expect((await refusal(moveLabel(id, "AWSCURRENT", move))).status).toBe(400);
  expect(await state(id, [a, b])).toEqual(before);
});

conform("S4 moving to an unknown version is refused and AWSCURRENT stays", async () => {
  const { id, a, b } = await newPending();
  const before = await state(id, [a, b]);
  const move = { from: a, to: newToken() };
  expect((await refusal(moveLabel(id, "AWSCURRENT", move))).status).toBe(400);
  expect(await state(id, [a, b])).toEqual(before);
});

conform("S5 a version that lost its last label is hidden but kept", async () => {
  const { id, a, b } = await newPending();
  await moveLabel(id, "AWSPENDING", { from: b });
  expect(await labels(id)).toEqual({ [a]: ["AWSCURRENT"] });
  const list = async (IncludeDeprecated: boolean) => {
    const { Versions = [] } = await client.send(
      new ListSecretVersionIdsCommand({ SecretId: id, IncludeDeprecated }),
    );
    return Versions.map(({ VersionId }) => VersionId).sort();
  };
  expect(await list(false)).toEqual([a]);
  expect(await list(true)).toEqual([a, b].sort());
});

conform("S6 AWSCURRENT cannot be removed", async () => {
  const { id, a } = await newSecret();
  const refused = await refusal(moveLabel(id, "AWSCURRENT", { from: a }));
  expect(refused).toMatchObject({ name: "InvalidParameterException", status: 400 });
  expect(await state(id, [a])).toEqual({ labels: { [a]: ["AWSCURRENT"] }, values: ["v0"] });
});

conform("S7 moving a custom label touches no other label", async () => {
  const { id, a } = await newSecret();
  const b = await put(id, "v1");
  await moveLabel(id, "custom", { to: a });
  expect(await labels(id)).toEqual({ [a]: ["AWSPREVIOUS", "custom"], [b]: ["AWSCURRENT"] });
  await moveLabel(id, "custom", { from: a, to: b });
  expect(await labels(id)).toEqual({ [a]: ["AWSPREVIOUS"], [b]: ["AWSCURRENT", "custom"] });
});

conform("S8 AWSCURRENT goes back, and AWSPREVIOUS with it", async () => {
  const { id, a } = await newSecret();
  const b = await put(id, "v1");
  await moveLabel(id, "AWSCURRENT", { from: b, to: a });
  expect(await labels(id)).toEqual({ [a]: ["AWSCURRENT"], [b]: ["AWSPREVIOUS"] });
  expect(await get(id)).toBe("v0");
});

conform("S9 the labels of a secret that is scheduled for deletion cannot be moved", async () => {
  const { id, a, b } = await newDeleted();
  const before = await labels(id);
  const refused = await refusal(moveLabel(id, "AWSCURRENT", { from: a, to: b }));
  expect(refused.name).toBe("InvalidRequestException");
  expect(await labels(id)).toEqual(before);
});

conform("S10 the third generation takes AWSPREVIOUS from the first", async () => {
  const { id, a } = await newSecret();
  const b = await put(id, "v1");
  const c = await put(id, "v2", ["AWSPENDING"]);
  expect(await labels(id)).toMatchObject({ [a]: ["AWSPREVIOUS"] });
  await moveLabel(id, "AWSCURRENT", { from: b, to: c });
  expect(await labels(id)).toEqual({ [b]: ["AWSPREVIOUS"], [c]: ["AWSCURRENT", "AWSPENDING"] });
});

conform("S11 a value after a finished rotation demotes the version that was rotated in", async () => {
  const { id, a, b } = await newPending();
  await moveLabel(id, "AWSCURRENT", { from: a, to: b });
  await moveLabel(id, "AWSPENDING", { from: b });
  const c = await put(id, "v2");
  expect(await labels(id)).toEqual({ [b]: ["AWSPREVIOUS"], [c]: ["AWSCURRENT"] });
});

conform("S12 of two concurrent moves from the same holder one succeeds", async () => {
  const { id, a, b } = await newPending();
  const c = await put(id, "v2", ["other"]);
  const moves = await Promise.allSettled([b, c].map((to) => moveLabel(id, "AWSCURRENT", { from: a, to })));
  expect(moves.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  const winner = moves[0]?.status === "fulfilled" ? b : c;
  const now = await labels(id);
  expect(now[winner]).toContain("AWSCURRENT");
  expect(now[a]).toEqual(["AWSPREVIOUS"]);
});
