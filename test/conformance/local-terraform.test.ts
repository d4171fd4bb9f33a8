import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DeleteResourcePolicyCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetResourcePolicyCommand,
  GetSecretValueCommand,
  PutResourcePolicyCommand,
  PutSecretValueCommand,
  paginateListSecrets,
  paginateListSecretVersionIds,
  RemoveRegionsFromReplicationCommand,
  ReplicateSecretToRegionsCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, expect, test } from "vitest";
import { serve } from "../../local/secrets-manager/http.ts";
import { createSecretsManager } from "../../local/secrets-manager/secrets-manager.ts";

/**
 * What Terraform's resources and data sources of Secrets Manager call, in the provider's order and with its arguments
 * (hashicorp/terraform-provider-aws, internal/service/secretsmanager/). Each test names the file that it follows.
 */

const FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:rotation";
const called = new Set<string>();
const service = createSecretsManager({ functions: (arn) => (arn === FUNCTION ? async () => {} : undefined) });
service.observe((event) => event.type === "request" && called.add(event.operation));
const server = await serve(service);
const clientOf = (region: string) =>
  new SecretsManagerClient({
    endpoint: server.url,
    region,
    credentials: { accessKeyId: "terraform", secretAccessKey: "terraform" },
  });
const client = clientOf("us-east-1");

afterAll(async () => {
  client.destroy();
  await server[Symbol.asyncDispose]();
});

let unique = 0;
/** The provider's own tokens: "terraform-" and 26 digits. */
const uniqueId = () => `terraform-${String(++unique).padStart(26, "0")}`;
const POLICY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Deny", Principal: "*", Action: "secretsmanager:GetSecretValue", Resource: "*" }],
});

/** secret.go, resourceSecretCreate, with no value: the provider stores it as a version of its own. */
async function createSecret(more: object = {}): Promise<string> {
  const Name = `terraform/${unique}`;
  const token = uniqueId();
  const input = { ClientRequestToken: token, Description: "", ForceOverwriteReplicaSecret: false, Name };
  const { ARN = "" } = await client.send(new CreateSecretCommand({ ...input, ...more }));
  return ARN;
}

/** secret.go, resourceSecretRead, and secret_data_source.go. A scheduled secret is one that is gone. */
async function readSecret(SecretId: string, from = client) {
  const secret = await from.send(new DescribeSecretCommand({ SecretId }));
  if (secret.DeletedDate !== undefined) return undefined;
  const { ResourcePolicy } = await from.send(new GetResourcePolicyCommand({ SecretId }));
  return { ...secret, ResourcePolicy };
}

const readVersion = (SecretId: string, VersionId: string) =>
  client.send(new GetSecretValueCommand({ SecretId, VersionId }));

/** secret_version.go, resourceSecretVersionCreate. */
async function putVersion(SecretId: string, more: object = {}): Promise<string> {
  const input = { ClientRequestToken: uniqueId(), SecretId, SecretString: "value", ...more };
  const { VersionId = "" } = await client.send(new PutSecretValueCommand(input));
  await readVersion(SecretId, VersionId);
  return VersionId;
}

const moveStage = (SecretId: string, VersionStage: string, versions: object) =>
  client.send(new UpdateSecretVersionStageCommand({ SecretId, VersionStage, ...versions }));

test("aws_secretsmanager_secret: creation, update and deletion, with replicas and a policy", async () => {
  const AddReplicaRegions = [{ Region: "us-west-2" }];
  const id = await createSecret({ AddReplicaRegions, Tags: [{ Key: "team", Value: "a" }] });
  await client.send(new PutResourcePolicyCommand({ SecretId: id, ResourcePolicy: POLICY }));
  expect(await readSecret(id)).toMatchObject({
    ARN: id,
    ResourcePolicy: POLICY,
    Tags: [{ Key: "team", Value: "a" }],
    ReplicationStatus: [{ Region: "us-west-2", Status: "InSync", KmsKeyId: "alias/aws/secretsmanager" }],
  });
  expect(await readSecret(id)).not.toHaveProperty("Description");

  const removed = { SecretId: id, RemoveReplicaRegions: ["us-west-2"] };
  await client.send(new RemoveRegionsFromReplicationCommand(removed));
  const added = { SecretId: id, AddReplicaRegions: [{ Region: "eu-west-1", KmsKeyId: "alias/there" }] };
  await client.send(new ReplicateSecretToRegionsCommand({ ...added, ForceOverwriteReplicaSecret: false }));
  const update = { ClientRequestToken: uniqueId(), Description: "new", SecretId: id, KmsKeyId: "alias/here" };
  await client.send(new UpdateSecretCommand(update));
  await client.send(new DeleteResourcePolicyCommand({ SecretId: id }));
  await client.send(new UntagResourceCommand({ SecretId: id, TagKeys: ["team"] }));
  const updated = await readSecret(id);
  expect(updated).toMatchObject({
    Description: "new",
    KmsKeyId: "alias/here",
    Tags: [],
    ReplicationStatus: [{ Region: "eu-west-1", KmsKeyId: "alias/there" }],
  });
  expect(updated?.ResourcePolicy).toBeUndefined();

  const last = { SecretId: id, RemoveReplicaRegions: ["eu-west-1"] };
  await client.send(new RemoveRegionsFromReplicationCommand(last));
  await client.send(new DeleteSecretCommand({ SecretId: id, RecoveryWindowInDays: 30 }));
  expect(await readSecret(id)).toBeUndefined();
});

test("aws_secretsmanager_secret: a secret that is scheduled for deletion keeps its name, with the text that is retried", async () => {
  const id = await createSecret();
  const { Name } = await client.send(new DescribeSecretCommand({ SecretId: id }));
  await client.send(new DeleteSecretCommand({ SecretId: id, RecoveryWindowInDays: 7 }));
  const again = client.send(new CreateSecretCommand({ Name, ClientRequestToken: uniqueId() }));
  await expect(again).rejects.toMatchObject({
    name: "InvalidRequestException",
    message: expect.stringContaining("scheduled for deletion"),
  });
  await client.send(new DeleteSecretCommand({ SecretId: id, ForceDeleteWithoutRecovery: true }));
  await expect(readSecret(id)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
});

test("data aws_secretsmanager_secret: a replica is read in its Region, policy included", async () => {
  const id = await createSecret({ AddReplicaRegions: [{ Region: "eu-west-1" }] });
  const there = clientOf("eu-west-1");
  const arn = id.replace("us-east-1", "eu-west-1");
  expect(await readSecret(arn, there)).toMatchObject({ ARN: arn, PrimaryRegion: "us-east-1" });
  there.destroy();
});

test("aws_secretsmanager_secret_version: labels move from version to version, and deletion leaves AWSCURRENT", async () => {
  const id = await createSecret();
  const first = await putVersion(id);
  const second = await putVersion(id, { SecretString: "second", VersionStages: ["mine"] });
  expect((await readVersion(id, second)).VersionStages).toEqual(["mine"]);
  let current: string | undefined;
  for await (const { Versions = [] } of paginateListSecretVersionIds({ client }, { SecretId: id })) {
    current ??= Versions.find(({ VersionStages = [] }) => VersionStages.includes("AWSCURRENT"))?.VersionId;
  }
  expect(current).toBe(first);
  await moveStage(id, "AWSCURRENT", { MoveToVersionId: second, RemoveFromVersionId: current });
  await moveStage(id, "mine", { RemoveFromVersionId: second });
  expect((await readVersion(id, second)).VersionStages).toEqual(["AWSCURRENT"]);
  await expect(moveStage(id, "AWSCURRENT", { RemoveFromVersionId: second })).rejects.toMatchObject({
    message: expect.stringContaining(
      "You can only move staging label AWSCURRENT to a different secret version.",
    ),
  });
  await moveStage(id, "AWSPREVIOUS", { RemoveFromVersionId: first });
  expect((await readVersion(id, first)).VersionStages).toBeUndefined();
  await client.send(new DeleteSecretCommand({ SecretId: id }));
  await expect(readVersion(id, second)).rejects.toMatchObject({
    name: "InvalidRequestException",
    message: expect.stringContaining("because it was marked for deletion"),
  });
});

test("aws_secretsmanager_secret_rotation: rules are stored, changed and canceled", async () => {
  const id = await createSecret();
  await putVersion(id);
  const input = { SecretId: id, RotationLambdaARN: FUNCTION, RotateImmediately: false };
  const rotate = (RotationRules: object) =>
    client.send(new RotateSecretCommand({ ...input, ClientRequestToken: uniqueId(), RotationRules }));
  await rotate({ AutomaticallyAfterDays: 7 });
  await service.settled(id);
  const read = () => client.send(new DescribeSecretCommand({ SecretId: id }));
  const enabled = { RotationEnabled: true, RotationLambdaARN: FUNCTION };
  expect(await read()).toMatchObject({ ...enabled, RotationRules: { AutomaticallyAfterDays: 7 } });
  const schedule = { ScheduleExpression: "rate(10 days)", Duration: "3h" };
  await rotate(schedule);
  await service.settled(id);
  expect(await read()).toMatchObject({ ...enabled, RotationRules: schedule });
  await client.send(new CancelRotateSecretCommand({ SecretId: id }));
  expect(await read()).toMatchObject({ RotationEnabled: false });
});

test("aws_secretsmanager_secret_rotation: a function that cannot be invoked is the error that is retried", async () => {
  const id = await createSecret();
  const RotationLambdaARN = FUNCTION.replace("rotation", "missing");
  const input = { SecretId: id, RotationLambdaARN, ClientRequestToken: uniqueId() };
  await expect(client.send(new RotateSecretCommand(input))).rejects.toMatchObject({
    name: "AccessDeniedException",
    message: expect.stringContaining("cannot invoke the specified Lambda function"),
  });
});

test("aws_secretsmanager_secret_policy: creation, update and deletion", async () => {
  const id = await createSecret();
  const put = (more: object) =>
    client.send(new PutResourcePolicyCommand({ SecretId: id, ResourcePolicy: POLICY, ...more }));
  expect((await put({})).ARN).toBe(id);
  await put({ BlockPublicPolicy: true });
  const read = () => client.send(new GetResourcePolicyCommand({ SecretId: id }));
  expect((await read()).ResourcePolicy).toBe(POLICY);
  await client.send(new DeleteResourcePolicyCommand({ SecretId: id }));
  expect((await read()).ResourcePolicy).toBeUndefined();
});

test("aws_secretsmanager_tag: one tag is written, read and removed", async () => {
  const SecretId = await createSecret();
  const tags = async () => (await client.send(new DescribeSecretCommand({ SecretId }))).Tags;
  for (const Value of ["1", "2"]) {
    await client.send(new TagResourceCommand({ SecretId, Tags: [{ Key: "one", Value }] }));
    expect(await tags()).toEqual([{ Key: "one", Value }]);
  }
  await client.send(new UntagResourceCommand({ SecretId, TagKeys: ["one"] }));
  expect(await tags()).toEqual([]);
});

test("data aws_secretsmanager_secrets, and aws_secretsmanager_secret_versions: pages of lists", async () => {
  const id = await createSecret({ Tags: [{ Key: "listed", Value: "yes" }] });
  await putVersion(id);
  const Filters = [{ Key: "tag-key" as const, Values: ["listed"] }];
  const arns: unknown[] = [];
  for await (const { SecretList = [] } of paginateListSecrets({ client }, { Filters })) {
    arns.push(...SecretList.map(({ ARN }) => ARN));
  }
  expect(arns).toEqual([id]);
  for await (const page of paginateListSecretVersionIds({ client }, { SecretId: id })) {
    expect(page).toMatchObject({ ARN: id, Versions: [{ VersionStages: ["AWSCURRENT"] }] });
  }
});

test("data aws_secretsmanager_random_password: every argument is sent, also those that were not given", async () => {
  const off = { ExcludeLowercase: false, ExcludeNumbers: false, ExcludePunctuation: false };
  const arguments_ = {
    ExcludeCharacters: "",
    ExcludeUppercase: false,
    IncludeSpace: false,
    PasswordLength: 32,
  };
  const input = { ...off, ...arguments_, RequireEachIncludedType: false };
  const { RandomPassword } = await client.send(new GetRandomPasswordCommand(input));
  expect(RandomPassword).toHaveLength(32);
});

test("the tests above call every operation that the provider calls", () => {
  expect([...called].sort()).toEqual([
    "CancelRotateSecret",
    "CreateSecret",
    "DeleteResourcePolicy",
    "DeleteSecret",
    "DescribeSecret",
    "GetRandomPassword",
    "GetResourcePolicy",
    "GetSecretValue",
    "ListSecretVersionIds",
    "ListSecrets",
    "PutResourcePolicy",
    "PutSecretValue",
    "RemoveRegionsFromReplication",
    "ReplicateSecretToRegions",
    "RotateSecret",
    "TagResource",
    "UntagResource",
    "UpdateSecret",
    "UpdateSecretVersionStage",
  ]);
});
