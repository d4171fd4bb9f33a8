import { expect, test } from "vitest";
import { localService } from "./local-service.ts";

const HERE = "us-east-1";
const THERE = "eu-west-1";
const DENIED = "Operation not permitted on a replica secret. Call must be made in primary secret's region.";

/** A secret in `HERE` with a replica in `THERE`. */
function replicated() {
  const service = localService();
  const { call, callIn } = service;
  const input = { Name: "app", SecretString: "v0", AddReplicaRegions: [{ Region: THERE }] };
  const { ARN } = call("CreateSecret", input);
  return { ...service, arn: String(ARN), there: callIn.bind(undefined, THERE) };
}

const statusIn = (region: string) => ({
  Region: region,
  KmsKeyId: "alias/aws/secretsmanager",
  Status: "InSync",
  StatusMessage: "Replication succeeded",
});

test("a secret lives in the Region of the request that created it", () => {
  const { call, callIn } = localService();
  const { ARN } = callIn(THERE, "CreateSecret", { Name: "app", SecretString: "there" });
  expect(ARN).toMatch(/^arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-[A-Za-z0-9]{6}$/);
  expect(() => call("GetSecretValue", { SecretId: "app" })).toThrow("can't find");
  expect(() => call("GetSecretValue", { SecretId: ARN })).toThrow("can't find");
  expect(call("ListSecrets").SecretList).toEqual([]);
  call("CreateSecret", { Name: "app", SecretString: "here" });
  expect(callIn(THERE, "GetSecretValue", { SecretId: "app" }).SecretString).toBe("there");
  expect(call("GetSecretValue", { SecretId: "app" }).SecretString).toBe("here");
});

test.each([
  ["cn-north-1", "aws-cn"],
  ["us-gov-west-1", "aws-us-gov"],
])("ARNs of %s are in the partition %s", (region, partition) => {
  const { ARN } = localService().callIn(region, "CreateSecret", { Name: "app" });
  expect(ARN).toContain(`arn:${partition}:secretsmanager:${region}:`);
});

test("a replica shows the primary secret under an ARN of its own Region", () => {
  const { call, there, arn } = replicated();
  const replicaArn = arn.replace(HERE, THERE);
  expect(there("GetSecretValue", { SecretId: replicaArn }).SecretString).toBe("v0");
  call("PutSecretValue", { SecretId: "app", SecretString: "v1" });
  call("TagResource", { SecretId: "app", Tags: [{ Key: "team", Value: "a" }] });
  expect(there("GetSecretValue", { SecretId: "app" })).toMatchObject({ ARN: replicaArn, SecretString: "v1" });
  const shared = { PrimaryRegion: HERE, Tags: [{ Key: "team", Value: "a" }] };
  expect(there("DescribeSecret", { SecretId: "app" })).toMatchObject({ ...shared, ARN: replicaArn });
  expect(call("DescribeSecret", { SecretId: "app" })).toMatchObject({
    ...shared,
    ReplicationStatus: [statusIn(THERE)],
  });
  expect(there("ListSecrets").SecretList).toMatchObject([{ ARN: replicaArn, PrimaryRegion: HERE }]);
});

test.each([
  "UpdateSecret",
  "PutSecretValue",
  "UpdateSecretVersionStage",
  "TagResource",
  "UntagResource",
  "PutResourcePolicy",
  "DeleteResourcePolicy",
  "DeleteSecret",
  "RestoreSecret",
  "RotateSecret",
  "CancelRotateSecret",
  "ReplicateSecretToRegions",
  "RemoveRegionsFromReplication",
])("%s is refused on a replica", (operation) => {
  const { call, there } = replicated();
  const before = call("DescribeSecret", { SecretId: "app" });
  const members = {
    SecretString: "v1",
    VersionStage: "custom",
    Tags: [{ Key: "a" }],
    TagKeys: ["a"],
    ResourcePolicy: "{}",
    AddReplicaRegions: [{ Region: "us-west-2" }],
    RemoveReplicaRegions: [HERE],
  };
  const refused = expect.objectContaining({ name: "InvalidParameterException", message: DENIED });
  expect(() => there(operation, { SecretId: "app", ...members })).toThrow(refused);
  expect(call("DescribeSecret", { SecretId: "app" })).toEqual(before);
});

test("a replica has its own key, and nothing else of it can be changed", () => {
  const { call, there } = replicated();
  there("UpdateSecret", { SecretId: "app", KmsKeyId: "alias/there" });
  expect(there("DescribeSecret", { SecretId: "app" }).KmsKeyId).toBe("alias/there");
  expect(there("ListSecretVersionIds", { SecretId: "app" }).Versions).toMatchObject([
    { KmsKeyIds: ["alias/there"] },
  ]);
  const { KmsKeyId, ReplicationStatus } = call("DescribeSecret", { SecretId: "app" });
  expect(KmsKeyId).toBeUndefined();
  expect(ReplicationStatus).toMatchObject([{ Region: THERE, KmsKeyId: "alias/there" }]);
});

test("a replica has the primary secret's policy", () => {
  const { call, there } = replicated();
  const ResourcePolicy = JSON.stringify({
    Statement: { Effect: "Deny", Principal: "*", Action: "*", Resource: "*" },
  });
  call("PutResourcePolicy", { SecretId: "app", ResourcePolicy });
  expect(there("GetResourcePolicy", { SecretId: "app" }).ResourcePolicy).toBe(ResourcePolicy);
});

test("a rotation of the primary secret reaches the replica", async () => {
  const { call, there, rotate, setFunction } = replicated();
  setFunction(async ({ Step, SecretId, ClientRequestToken }) => {
    const version = { SecretId, ClientRequestToken, VersionStages: ["AWSPENDING"] };
    if (Step === "createSecret") call("PutSecretValue", { ...version, SecretString: "rotated" });
    if (Step !== "finishSecret") return;
    const { VersionId } = call("GetSecretValue", { SecretId });
    const move = { RemoveFromVersionId: VersionId, MoveToVersionId: ClientRequestToken };
    call("UpdateSecretVersionStage", { SecretId, VersionStage: "AWSCURRENT", ...move });
  });
  await rotate("app");
  expect(there("GetSecretValue", { SecretId: "app" }).SecretString).toBe("rotated");
});

test.each([
  ["the secret's own", HERE],
  ["a text that is none", "nowhere"],
])("refuses %s Region, and creates no secret", (_what, Region) => {
  const { call } = localService();
  const refused = expect.objectContaining({ name: "InvalidParameterException" });
  const AddReplicaRegions = [{ Region: THERE }, { Region }];
  expect(() => call("CreateSecret", { Name: "app", AddReplicaRegions })).toThrow(refused);
  call("CreateSecret", { Name: "app" });
  expect(() => call("ReplicateSecretToRegions", { SecretId: "app", AddReplicaRegions })).toThrow(refused);
  expect(call("DescribeSecret", { SecretId: "app" })).not.toHaveProperty("ReplicationStatus");
});

test("replication fails if the Region has a secret of that name, unless ForceOverwriteReplicaSecret is set", () => {
  const { call, callIn } = localService();
  callIn(THERE, "CreateSecret", { Name: "app", SecretString: "of another" });
  call("CreateSecret", { Name: "app", SecretString: "v0" });
  const request = { SecretId: "app", AddReplicaRegions: [{ Region: THERE }] };
  expect(call("ReplicateSecretToRegions", request).ReplicationStatus).toMatchObject([
    { Status: "Failed", StatusMessage: expect.stringContaining("Secret name app already exists") },
  ]);
  expect(callIn(THERE, "GetSecretValue", { SecretId: "app" }).SecretString).toBe("of another");
  const forced = { ...request, ForceOverwriteReplicaSecret: true };
  expect(call("ReplicateSecretToRegions", forced).ReplicationStatus).toEqual([statusIn(THERE)]);
  expect(callIn(THERE, "GetSecretValue", { SecretId: "app" }).SecretString).toBe("v0");
});

test("refuses to delete a secret with replicas, even by force, and deletes removed replicas", () => {
  const { call, there, arn } = replicated();
  for (const force of [{}, { ForceDeleteWithoutRecovery: true }]) {
    expect(() => call("DeleteSecret", { SecretId: "app", ...force })).toThrow(
      `You can't delete secret ${arn} that still has replica regions [eu-west-1].`,
    );
  }
  const remove = { SecretId: "app", RemoveReplicaRegions: [THERE] };
  expect(call("RemoveRegionsFromReplication", remove).ReplicationStatus).toEqual([]);
  expect(() => there("DescribeSecret", { SecretId: "app" })).toThrow("can't find");
  call("RemoveRegionsFromReplication", remove);
  call("DeleteSecret", { SecretId: "app" });
});

test("StopReplicationToReplica turns the replica into an independent secret", () => {
  const { call, there, arn } = replicated();
  expect(() => call("StopReplicationToReplica", { SecretId: "app" })).toThrow("not a replica");
  const ARN = arn.replace(HERE, THERE);
  expect(there("StopReplicationToReplica", { SecretId: "app" })).toEqual({ ARN });
  there("PutSecretValue", { SecretId: ARN, SecretString: "v1" });
  expect(there("GetSecretValue", { SecretId: ARN }).SecretString).toBe("v1");
  expect(there("GetSecretValue", { SecretId: ARN, VersionStage: "AWSPREVIOUS" }).SecretString).toBe("v0");
  expect(call("GetSecretValue", { SecretId: arn }).SecretString).toBe("v0");
  expect(call("DescribeSecret", { SecretId: arn })).not.toHaveProperty("ReplicationStatus");
  call("DeleteSecret", { SecretId: arn });
});
