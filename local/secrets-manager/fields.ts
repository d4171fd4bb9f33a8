import * as v from "valibot";
import { refuse } from "./errors.ts";
import type { Content } from "./secret.ts";

/** Members that several operations share, with the limits of the service model 2017-10-17. */

export const secretId = v.pipe(v.string(), v.minLength(1), v.maxLength(2048));
export const versionId = v.pipe(v.string(), v.minLength(32), v.maxLength(64));
export const label = v.pipe(v.string(), v.minLength(1), v.maxLength(256));
export const description = v.pipe(v.string(), v.maxLength(2048));
export const kmsKeyId = v.pipe(v.string(), v.maxLength(2048));
export const maxResults = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100));
export const nextToken = v.pipe(v.string(), v.minLength(1), v.maxLength(4096));

export const name = v.pipe(
  v.string(),
  v.regex(
    /^[A-Za-z0-9/_+=.@-]{1,512}$/,
    refuse(
      "ValidationException",
      "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@",
    ),
  ),
);

const TOKEN_LENGTH = refuse("InvalidParameterException", "ClientRequestToken must be 32-64 characters long.");

/** ClientRequestToken, which SDKs and the AWS CLI generate. @param missing error of the operation for a request without it */
export const token = (missing: "InvalidRequestException" | "InvalidParameterException") =>
  v.pipe(
    v.optional(v.string(), ""),
    v.nonEmpty(
      refuse(missing, "You must provide a ClientRequestToken value. We recommend a UUID-type value."),
    ),
    v.minLength(32, TOKEN_LENGTH),
    v.maxLength(64, TOKEN_LENGTH),
  );

const MAXIMUM_BYTES = 65_536;

const secretBinary = v.pipe(
  v.string(),
  v.base64(refuse("SerializationException", "SecretBinary must be base64 text.")),
  v.check(
    (text) => text !== "" && Buffer.from(text, "base64").length <= MAXIMUM_BYTES,
    "Expected 1 to 65536 bytes.",
  ),
);

/** The two members for a value. An operation's schema spreads them, and ends with `atMostOneValue`. */
export const value = {
  SecretString: v.optional(v.pipe(v.string(), v.minLength(1), v.maxBytes(MAXIMUM_BYTES))),
  SecretBinary: v.optional(secretBinary),
};

interface ValueMembers {
  SecretString?: string | undefined;
  SecretBinary?: string | undefined;
}

export const atMostOneValue = <Input extends ValueMembers>() =>
  v.check(
    (input: Input) => input.SecretString === undefined || input.SecretBinary === undefined,
    "You can't specify both a binary secret value and a string secret value in the same secret.",
  );

export function contentOf({ SecretString, SecretBinary }: ValueMembers): Content | undefined {
  if (SecretString !== undefined) return { SecretString };
  return SecretBinary === undefined ? undefined : { SecretBinary };
}

export const tags = v.array(
  v.object({
    Key: v.pipe(v.string(), v.minLength(1), v.maxLength(128), v.regex(/^(?!aws:)/)),
    Value: v.optional(v.pipe(v.string(), v.maxLength(256)), ""),
  }),
);
