import { CancelRotateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { expect } from "vitest";
import { describe, get, labels, newDeleted, newPending, newSecret, put, refusal, state } from "./given.ts";
import { FOUR_STEPS, outcomes, rotate, rotated, scriptedFunction } from "./rotation-function.ts";
import { client, conform, eventsOf, local } from "./subject.ts";

/** The ARN of a function that does not exist, in the account of the secret. */
const missingFunction = (secretArn: string) =>
  secretArn.replace(":secretsmanager:", ":lambda:").replace(/:secret:.*/, ":function:no-such-function");

conform("O1 without a function nothing is rotated", async () => {
  const { id, a } = await newSecret();
  expect(await refusal(rotate(id))).toMatchObject({ name: "InvalidRequestException", status: 400 });
  expect(await describe(id)).not.toHaveProperty("RotationEnabled");
  expect(await state(id, [a])).toEqual({ labels: { [a]: ["AWSCURRENT"] }, values: ["v0"] });
});

conform("O2 a function that cannot be invoked is refused, and not remembered", async () => {
  const { id, a } = await newSecret();
  const refused = await refusal(rotate(id, missingFunction(id)));
  expect(refused).toMatchObject({ name: "AccessDeniedException", status: 400 });
  const described = await describe(id);
  expect(described).not.toHaveProperty("RotationEnabled");
  expect(described).not.toHaveProperty("RotationLambdaARN");
  expect(await labels(id)).toEqual({ [a]: ["AWSCURRENT"] });
});

conform("O3 while another rotation is pending a new one is refused", async () => {
  const { id, a, b } = await newPending();
  const before = await state(id, [a, b]);
  const { arn, events } = scriptedFunction();
  expect(await refusal(rotate(id, arn))).toMatchObject({
    name: "InvalidRequestException",
    message: expect.stringContaining("previous rotation isn't complete"),
  });
  await local.settled(id);
  expect(await state(id, [a, b])).toEqual(before);
  expect(events).toEqual([]);
});

conform("O4 rotation every 0 or 1001 days is refused", async () => {
  const { id } = await newSecret();
  for (const AutomaticallyAfterDays of [0, 1001]) {
    const refused = await refusal(
      rotate(id, missingFunction(id), { RotationRules: { AutomaticallyAfterDays } }),
    );
    expect(refused).toMatchObject({
      status: 400,
      name: expect.stringMatching(/^(InvalidParameter|Validation)/),
    });
  }
  const rules = { RotationRules: { AutomaticallyAfterDays: 1000 } };
  expect((await refusal(rotate(id, missingFunction(id), rules))).name).toBe("AccessDeniedException");
});

conform("O5 a secret that is scheduled for deletion is not rotated", async () => {
  const { id } = await newDeleted();
  expect((await refusal(rotate(id, missingFunction(id)))).name).toBe("InvalidRequestException");
});

conform("O13 RotateImmediately=false runs testSecret alone on a copy that is removed", async () => {
  const { id, a } = await newSecret();
  const events = eventsOf(id);
  let during: unknown;
  const { arn, steps } = scriptedFunction({
    async testSecret({ SecretId, ClientRequestToken }) {
      const copy = await get(SecretId, { VersionId: ClientRequestToken, VersionStage: "AWSPENDING" });
      during = { copy, labels: await labels(SecretId), isNew: ClientRequestToken !== a };
    },
  });
  const token = await rotated(id, arn, { RotateImmediately: false });
  expect(steps()).toEqual(["testSecret"]);
  expect(during).toEqual({
    copy: "v0",
    labels: { [a]: ["AWSCURRENT"], [token]: ["AWSPENDING"] },
    isNew: true,
  });
  expect(await labels(id)).toEqual({ [a]: ["AWSCURRENT"] });
  expect(await describe(id)).toMatchObject({ RotationEnabled: true, RotationLambdaARN: arn });
  expect(outcomes(events)).toEqual(["testRotationStarted", "testRotationSucceeded"]);
});

conform("O14 a second RotateSecret needs no arguments", async () => {
  const { id } = await newSecret();
  const { arn, steps } = scriptedFunction({
    createSecret: async ({ SecretId, ClientRequestToken }) => {
      await put(SecretId, ClientRequestToken, ["AWSPENDING"], ClientRequestToken);
    },
  });
  await rotated(id, arn, { RotationRules: { AutomaticallyAfterDays: 7 } });
  const second = await rotated(id);
  expect(steps()).toEqual([...FOUR_STEPS, ...FOUR_STEPS]);
  expect(await get(id)).toBe(second);
  expect(await describe(id)).toMatchObject({
    RotationLambdaARN: arn,
    RotationRules: { AutomaticallyAfterDays: 7 },
  });
});

conform("O15 canceling in the middle leaves labels, function and rules", async () => {
  const { id, a } = await newSecret();
  let canceled: unknown;
  const { arn, steps } = scriptedFunction({
    async setSecret({ SecretId }) {
      canceled = await client.send(new CancelRotateSecretCommand({ SecretId }));
    },
  });
  const token = await rotated(id, arn, { RotationRules: { AutomaticallyAfterDays: 7 } });
  expect(canceled).toMatchObject({ ARN: id, VersionId: token });
  expect(steps()).toEqual(["createSecret", "setSecret"]);
  expect(await labels(id)).toEqual({ [a]: ["AWSCURRENT"], [token]: ["AWSPENDING"] });
  expect(await describe(id)).toMatchObject({
    RotationEnabled: false,
    RotationLambdaARN: arn,
    RotationRules: { AutomaticallyAfterDays: 7 },
  });
  expect((await refusal(rotate(id))).name).toBe("InvalidRequestException");
});
