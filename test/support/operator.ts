import { randomUUID } from "node:crypto";
import {
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { expect } from "vitest";
import type { Stack } from "../../local/stack.ts";

/** Stores a value under AWSCURRENT, as an administrator does. Returns the new version's id. */
export async function putValue({ operator }: Stack, arn: string, value: object | string): Promise<string> {
  const ClientRequestToken = randomUUID();
  const SecretString = typeof value === "string" ? value : JSON.stringify(value);
  await operator.send(new PutSecretValueCommand({ SecretId: arn, ClientRequestToken, SecretString }));
  return ClientRequestToken;
}

/** The version that holds a label. */
export async function holder(stack: Stack, arn: string, label: string): Promise<string | undefined> {
  const labels = await stack.labels(arn);
  return Object.keys(labels).find((version) => labels[version]?.includes(label));
}

export async function removePending(stack: Stack, arn: string): Promise<void> {
  await stack.operator.send(
    new UpdateSecretVersionStageCommand({
      SecretId: arn,
      VersionStage: "AWSPENDING",
      RemoveFromVersionId: await holder(stack, arn, "AWSPENDING"),
    }),
  );
}

export async function moveCurrent(stack: Stack, arn: string, to: string): Promise<void> {
  await stack.operator.send(
    new UpdateSecretVersionStageCommand({
      SecretId: arn,
      VersionStage: "AWSCURRENT",
      MoveToVersionId: to,
      RemoveFromVersionId: await holder(stack, arn, "AWSCURRENT"),
    }),
  );
}

/** All versions of the secret, also those without a label. */
export async function versions({ operator }: Stack, arn: string): Promise<string[]> {
  const input = { SecretId: arn, IncludeDeprecated: true, MaxResults: 100 };
  const { Versions = [] } = await operator.send(new ListSecretVersionIdsCommand(input));
  return Versions.flatMap(({ VersionId }) => VersionId ?? []);
}

/**
 * Calls RotateSecret while a rotation is unfinished: AWS refuses the call and retries the unfinished rotation.
 *
 * @returns whether the unfinished rotation is finished now.
 */
export async function reattempt(stack: Stack, arn: string): Promise<boolean> {
  const pending = await holder(stack, arn, "AWSPENDING");
  await expect(stack.operator.send(new RotateSecretCommand({ SecretId: arn }))).rejects.toThrow(
    "A previous rotation isn't complete. That rotation will be reattempted.",
  );
  await stack.secretsManager.settled(arn);
  return pending !== undefined && (await holder(stack, arn, "AWSCURRENT")) === pending;
}

/** Calls RotateSecret with RotateImmediately=false: the service runs testSecret alone. @returns whether it passed. */
export async function tryOut(stack: Stack, arn: string): Promise<boolean> {
  let passed = false;
  const stop = stack.secretsManager.observe((event) => {
    if (event.type === "testRotationSucceeded" && event.secretArn === arn) passed = true;
  });
  const input = { SecretId: arn, RotationLambdaARN: stack.rotationFunction.arn, RotateImmediately: false };
  try {
    await stack.operator.send(
      new RotateSecretCommand({ ...input, RotationRules: { AutomaticallyAfterDays: 30 } }),
    );
    await stack.secretsManager.settled(arn);
  } finally {
    stop();
  }
  return passed;
}
