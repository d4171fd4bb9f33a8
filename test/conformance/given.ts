import { randomUUID } from "node:crypto";
import {
  CreateSecretCommand,
  type CreateSecretCommandInput,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerServiceException,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { afterAll } from "vitest";
import { client } from "./subject.ts";

const created: string[] = [];

afterAll(async () => {
  for (const id of created) {
    await client
      .send(new DeleteSecretCommand({ SecretId: id, ForceDeleteWithoutRecovery: true }))
      .catch(() => {});
  }
});

export const newToken = (): string => randomUUID();

/** A name that no secret has, whose secret is deleted after the tests. */
export function newName(): string {
  const name = `rotation-conformance/${randomUUID()}/x`;
  created.push(name);
  return name;
}

/** A secret whose value is "v0", in version `a`. */
export async function newSecret(
  options: Partial<CreateSecretCommandInput> = {},
): Promise<{ id: string; a: string }> {
  const a = newToken();
  const input = { Name: newName(), ClientRequestToken: a, SecretString: "v0", ...options };
  const { ARN: id = "" } = await client.send(new CreateSecretCommand(input));
  return { id, a };
}

/** A secret that never had a value. */
export async function newEmptySecret(): Promise<string> {
  const { ARN = "" } = await client.send(new CreateSecretCommand({ Name: newName() }));
  return ARN;
}

/** The usual start of a rotation: "v0" is AWSCURRENT in `a`, "v1" is AWSPENDING in `b`. */
export async function newPending(): Promise<{ id: string; a: string; b: string }> {
  const { id, a } = await newSecret();
  return { id, a, b: await put(id, "v1", ["AWSPENDING"]) };
}

/** A secret that is scheduled for deletion. */
export async function newDeleted(): Promise<{ id: string; a: string; b: string }> {
  const secret = await newPending();
  await client.send(new DeleteSecretCommand({ SecretId: secret.id }));
  return secret;
}

/** Stores a value, by default as AWSCURRENT; returns the version's id. */
export async function put(id: string, value: string, stages?: string[], token = newToken()): Promise<string> {
  const input = { SecretId: id, ClientRequestToken: token, SecretString: value, VersionStages: stages };
  const { VersionId = "" } = await client.send(new PutSecretValueCommand(input));
  return VersionId;
}

export async function get(id: string, selector: { VersionId?: string; VersionStage?: string } = {}) {
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: id, ...selector }));
  return SecretString;
}

export async function moveLabel(
  id: string,
  label: string,
  move: { from?: string; to?: string },
): Promise<void> {
  const versions = { RemoveFromVersionId: move.from, MoveToVersionId: move.to };
  await client.send(new UpdateSecretVersionStageCommand({ SecretId: id, VersionStage: label, ...versions }));
}

export function describe(id: string) {
  return client.send(new DescribeSecretCommand({ SecretId: id }));
}

/** The labels of each labeled version, in alphabetical order: AWS's own order is no evidence. */
export async function labels(id: string): Promise<Record<string, string[]>> {
  const { VersionIdsToStages = {} } = await describe(id);
  return Object.fromEntries(
    Object.entries(VersionIdsToStages).map(([version, stages]) => [version, stages.sort()]),
  );
}

/** Everything a refused call may not have changed. */
export async function state(id: string, versions: string[]) {
  const values = await Promise.all(versions.map((VersionId) => get(id, { VersionId })));
  return { labels: await labels(id), values };
}

/** The error that a call is refused with; fails when it succeeds or fails otherwise. */
export async function refusal(
  call: Promise<unknown>,
): Promise<{ name: string; message: string; status?: number }> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof SecretsManagerServiceException)) throw error;
    const { httpStatusCode } = error.$metadata;
    return { name: error.name, message: error.message, ...(httpStatusCode && { status: httpStatusCode }) };
  }
  throw new Error("The call succeeded, but should have been refused.");
}
