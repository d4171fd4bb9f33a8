import { type Operation, onAccount } from "../operation.ts";
import { randomPassword, randomPasswordInput } from "../random-password.ts";
import { batchGetSecretValue } from "./batch.ts";
import { createSecret } from "./create.ts";
import { deleteSecret, restoreSecret } from "./delete.ts";
import { describeSecret, listSecretVersionIds } from "./describe.ts";
import { getSecretValue } from "./get.ts";
import { listSecrets } from "./list.ts";
import {
  deleteResourcePolicy,
  getResourcePolicy,
  putResourcePolicy,
  validateResourcePolicy,
} from "./policy.ts";
import {
  removeRegionsFromReplication,
  replicateSecretToRegions,
  stopReplicationToReplica,
} from "./replicate.ts";
import { cancelRotateSecret, rotateSecret } from "./rotate.ts";
import { updateSecretVersionStage } from "./stage.ts";
import { putSecretValue, updateSecret } from "./store.ts";
import { tagResource, untagResource } from "./tags.ts";

/** The operations of this service. Key: name on the wire. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  Object.entries({
    BatchGetSecretValue: batchGetSecretValue,
    CancelRotateSecret: cancelRotateSecret,
    CreateSecret: createSecret,
    DeleteResourcePolicy: deleteResourcePolicy,
    DeleteSecret: deleteSecret,
    DescribeSecret: describeSecret,
    GetRandomPassword: onAccount(randomPasswordInput, (_context, request) => ({
      RandomPassword: randomPassword(request),
    })),
    GetResourcePolicy: getResourcePolicy,
    GetSecretValue: getSecretValue,
    ListSecretVersionIds: listSecretVersionIds,
    ListSecrets: listSecrets,
    PutResourcePolicy: putResourcePolicy,
    PutSecretValue: putSecretValue,
    RemoveRegionsFromReplication: removeRegionsFromReplication,
    ReplicateSecretToRegions: replicateSecretToRegions,
    RestoreSecret: restoreSecret,
    RotateSecret: rotateSecret,
    StopReplicationToReplica: stopReplicationToReplica,
    TagResource: tagResource,
    UntagResource: untagResource,
    UpdateSecret: updateSecret,
    UpdateSecretVersionStage: updateSecretVersionStage,
    ValidateResourcePolicy: validateResourcePolicy,
  }),
);
