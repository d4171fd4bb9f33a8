import * as v from "valibot";
import { ServiceError } from "../errors.ts";
import { secretId, tags } from "../fields.ts";
import { onSecret } from "../operation.ts";

const MAXIMUM_TAGS = 50;

/** Tags belong to the secret, never to a version. An existing key is overwritten, others are kept. */
export const tagResource = onSecret(
  v.object({ SecretId: secretId, Tags: tags }),
  (context, secret, request) => {
    const merged = new Map(secret.tags ?? []);
    for (const { Key, Value } of request.Tags) merged.set(Key, Value);
    if (merged.size > MAXIMUM_TAGS) {
      throw new ServiceError("InvalidParameterException", `A secret can have at most ${MAXIMUM_TAGS} tags.`);
    }
    secret.tags = merged;
    secret.lastChanged = context.now();
    return {};
  },
);

export const untagResource = onSecret(
  v.object({ SecretId: secretId, TagKeys: v.array(v.string()) }),
  (context, secret, request) => {
    for (const key of request.TagKeys) secret.tags?.delete(key);
    secret.lastChanged = context.now();
    return {};
  },
);
