import * as v from "valibot";
import { ServiceError } from "../errors.ts";
import { atMostOneValue, contentOf, description, kmsKeyId, name, tags, token, value } from "../fields.ts";
import { AWSCURRENT } from "../labels.ts";
import { type Context, onAccount } from "../operation.ts";
import { checkReplicaRegions, replicaRegions, replicate, replicationStatus } from "../replication.ts";
import { addVersion, type Content, type Secret, sameContent } from "../secret.ts";

const input = v.pipe(
  v.object({
    Name: name,
    ClientRequestToken: token("InvalidRequestException"),
    Description: v.optional(description),
    KmsKeyId: v.optional(kmsKeyId),
    Tags: v.optional(tags),
    AddReplicaRegions: v.optional(replicaRegions),
    ForceOverwriteReplicaSecret: v.optional(v.boolean()),
    ...value,
  }),
  atMostOneValue(),
);

/** A secret that is created without a value has no version at all. */
export const createSecret = onAccount(input, (context, request) => {
  const { AddReplicaRegions: replicas = [], ForceOverwriteReplicaSecret: overwrite = false } = request;
  checkReplicaRegions(replicas, context.secrets.region);
  const content = contentOf(request);
  const existing = context.secrets.find(request.Name);
  if (existing !== undefined) return repeated(existing, request.ClientRequestToken, content);

  const now = context.now();
  const secret: Secret = {
    arn: context.secrets.newArn(request.Name),
    name: request.Name,
    region: context.secrets.region,
    created: now,
    lastChanged: now,
    versions: new Map(),
    labels: new Map(),
    replicas: new Map(),
  };
  if (request.Tags?.length) secret.tags = new Map(request.Tags.map((tag) => [tag.Key, tag.Value]));
  if (request.Description) secret.description = request.Description;
  if (request.KmsKeyId) secret.kmsKeyId = request.KmsKeyId;
  if (content !== undefined) storeFirst(context, secret, request.ClientRequestToken, content);
  context.secrets.add(secret);
  replicate(secret, replicas, { regions: context.regions, overwrite, now });
  return response(secret, content && request.ClientRequestToken);
});

function storeFirst(context: Context, secret: Secret, id: string, content: Content): void {
  const version = addVersion(secret, { id, created: context.now(), content });
  if (secret.kmsKeyId !== undefined) version.kmsKeyId = secret.kmsKeyId;
  secret.labels = new Map([[AWSCURRENT, id]]);
}

/** Succeeds if the request repeats the one that created the secret: an SDK sends it again after a lost response. */
function repeated(secret: Secret, id: string, content: Content | undefined): object {
  if (secret.deletionDate !== undefined) {
    throw new ServiceError(
      "InvalidRequestException",
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
    );
  }
  const stored = secret.versions.get(id)?.content;
  if (stored === undefined) {
    const message = `The operation failed because the secret ${secret.name} already exists.`;
    throw new ServiceError("ResourceExistsException", message);
  }
  if (content === undefined || !sameContent(stored, content)) throw tokenInUse(secret, id);
  return response(secret, id);
}

export function tokenInUse(secret: Secret, id: string): ServiceError {
  return new ServiceError(
    "ResourceExistsException",
    `You can't use ClientRequestToken ${id} because that value is already in use for a version of secret ${secret.arn}.`,
  );
}

function response(secret: Secret, versionId: string | undefined): object {
  const { ReplicationStatus } = replicationStatus(secret);
  return { ARN: secret.arn, Name: secret.name, VersionId: versionId, ReplicationStatus };
}
