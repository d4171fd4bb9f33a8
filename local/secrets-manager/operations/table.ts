import { type Operation, onAccount } from "../operation.ts";
import { randomPassword, randomPasswordInput } from "../random-password.ts";
import { createSecret } from "./create.ts";
import { deleteSecret, restoreSecret } from "./delete.ts";
import { describeSecret, listSecrets, listSecretVersionIds } from "./describe.ts";
import { getSecretValue } from "./get.ts";
import { cancelRotateSecret, rotateSecret } from "./rotate.ts";
import { updateSecretVersionStage } from "./stage.ts";
import { putSecretValue, updateSecret } from "./store.ts";
import { tagResource, untagResource } from "./tags.ts";

/** The operations that this service has, under their names on the wire. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  Object.entries({
    CancelRotateSecret: cancelRotateSecret,
    CreateSecret: createSecret,
    DeleteSecret: deleteSecret,
    DescribeSecret: describeSecret,
    GetRandomPassword: onAccount(randomPasswordInput, (_context, request) => ({
      RandomPassword: randomPassword(request),
    })),
    GetSecretValue: getSecretValue,
    ListSecretVersionIds: listSecretVersionIds,
    ListSecrets: listSecrets,
    PutSecretValue: putSecretValue,
    RestoreSecret: restoreSecret,
    RotateSecret: rotateSecret,
    TagResource: tagResource,
    UntagResource: untagResource,
    UpdateSecret: updateSecret,
    UpdateSecretVersionStage: updateSecretVersionStage,
  }),
);
