import { expect } from "vitest";
import { describe, get, labels, newSecret, newToken, put, refusal } from "./given.ts";
import { FOUR_STEPS, outcomes, rotate, rotated, scriptedFunction } from "./rotation-function.ts";
import { conform, eventsOf, local } from "./subject.ts";

const fail = () => Promise.reject(new Error("This step fails."));

conform("O6 a rotation is four steps in order with one token and the secret's ARN", async () => {
  const { id } = await newSecret();
  const { Name = "" } = await describe(id);
  const { arn, events, steps } = scriptedFunction();
  const token = newToken();
  const answer = await rotate(Name, arn, { ClientRequestToken: token });
  expect(answer).toMatchObject({ ARN: id, Name, VersionId: token });
  await local.settled(id);
  expect(steps()).toEqual(FOUR_STEPS);
  expect(new Set(events.map(({ ClientRequestToken }) => ClientRequestToken))).toEqual(new Set([token]));
  expect(new Set(events.map(({ SecretId }) => SecretId))).toEqual(new Set([id]));
});

conform("O7 createSecret finds its version pending and empty", async () => {
  const { id, a } = await newSecret();
  const seen: unknown[] = [];
  const { arn } = scriptedFunction({
    async createSecret({ SecretId, ClientRequestToken }, honest) {
      const pending = { VersionId: ClientRequestToken, VersionStage: "AWSPENDING" };
      seen.push(await labels(SecretId));
      seen.push((await refusal(get(SecretId, pending))).name);
      seen.push((await refusal(get(SecretId, { VersionStage: "AWSPENDING" }))).name);
      await honest();
    },
  });
  const token = await rotated(id, arn);
  const notFound = "ResourceNotFoundException";
  expect(seen).toEqual([{ [a]: ["AWSCURRENT"], [token]: ["AWSPENDING"] }, notFound, notFound]);
});

conform("O8 after success the new version is current and the date is set", async () => {
  const { id, a } = await newSecret();
  const events = eventsOf(id);
  const token = await rotated(id, scriptedFunction().arn, { RotationRules: { AutomaticallyAfterDays: 30 } });
  const now = await labels(id);
  expect(now[a]).toEqual(["AWSPREVIOUS"]);
  expect(now[token]?.filter((label) => label !== "AWSPENDING")).toEqual(["AWSCURRENT"]);
  const { LastRotatedDate, NextRotationDate, RotationEnabled } = await describe(id);
  expect(RotationEnabled).toBe(true);
  expect(LastRotatedDate).toBeInstanceOf(Date);
  expect(NextRotationDate?.getTime()).toBeGreaterThan(Date.now() + 29 * 86_400_000);
  expect(outcomes(events)).toEqual(["rotationStarted", "rotationSucceeded"]);
});

conform("O9 after a step that failed no other is run and AWSCURRENT stays", async () => {
  const { id, a } = await newSecret();
  const events = eventsOf(id);
  const { arn, steps } = scriptedFunction({ setSecret: fail });
  const token = await rotated(id, arn);
  expect(new Set(steps())).toEqual(new Set(["createSecret", "setSecret"]));
  expect(await labels(id)).toEqual({ [a]: ["AWSCURRENT"], [token]: ["AWSPENDING"] });
  expect(await describe(id)).not.toHaveProperty("LastRotatedDate");
  expect(outcomes(events)).not.toContain("rotationSucceeded");
  expect(events.findLast(({ type }) => type === "rotationFailed")).toMatchObject({
    error: `Error when executing lambda ${arn} during setSecret step`,
    retrying: false,
  });
});

conform("O10 a function that does nothing has not rotated the secret", async () => {
  const { id, a } = await newSecret();
  const events = eventsOf(id);
  const nothing = async () => {};
  const { arn, steps } = scriptedFunction({ createSecret: nothing, finishSecret: nothing });
  await rotated(id, arn);
  expect(steps().slice(0, 4)).toEqual(FOUR_STEPS);
  expect((await labels(id))[a]).toEqual(["AWSCURRENT"]);
  expect(await describe(id)).not.toHaveProperty("LastRotatedDate");
  expect(outcomes(events)).not.toContain("rotationSucceeded");
});

conform("O11 AWSPENDING left over on the current version does not stop the next rotation", async () => {
  const { id } = await newSecret();
  const b = await put(id, "v1", ["AWSCURRENT", "AWSPENDING"]);
  let during: Record<string, string[]> = {};
  const { arn } = scriptedFunction({
    async createSecret({ SecretId, ClientRequestToken }) {
      during = await labels(SecretId);
      await put(SecretId, "v2", ["AWSPENDING"], ClientRequestToken);
    },
  });
  const token = await rotated(id, arn);
  expect(during).toMatchObject({ [b]: ["AWSCURRENT"], [token]: ["AWSPENDING"] });
  expect(await get(id)).toBe("v2");
});

conform("O12 the rotation is tried again from createSecret with the same token", async () => {
  const { id } = await newSecret();
  let failures = 1;
  const { arn, events, steps } = scriptedFunction({
    setSecret: () => (failures-- > 0 ? fail() : Promise.resolve()),
  });
  const token = await rotated(id, arn);
  expect(steps()).toEqual(["createSecret", "setSecret", ...FOUR_STEPS]);
  expect(new Set(events.map(({ ClientRequestToken }) => ClientRequestToken))).toEqual(new Set([token]));
  expect((await labels(id))[token]).toContain("AWSCURRENT");
});

conform("O16 every event has a RotationToken", async () => {
  const { id } = await newSecret();
  const { arn, events } = scriptedFunction();
  await rotated(id, arn);
  expect(events).toHaveLength(4);
  for (const { RotationToken } of events) expect(RotationToken).toMatch(/^[A-Za-z0-9-]{36,256}$/);
});

conform("O17 a manual value between steps abandons the rotation", async () => {
  const { id, a } = await newSecret();
  const events = eventsOf(id);
  let manual = "";
  const { arn, steps } = scriptedFunction({
    async testSecret({ SecretId }) {
      manual = await put(SecretId, "manual");
    },
  });
  const token = await rotated(id, arn);
  expect(await labels(id)).toEqual({ [a]: ["AWSPREVIOUS"], [manual]: ["AWSCURRENT"] });
  expect(await get(id)).toBe("manual");
  expect(await get(id, { VersionId: token })).toBe("v1");
  expect(steps()).toEqual(["createSecret", "setSecret", "testSecret"]);
  expect(outcomes(events)).toEqual(["rotationStarted", "rotationAbandoned"]);
});
