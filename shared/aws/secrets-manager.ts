import { Readable } from "node:stream";
import {
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import * as v from "valibot";
import type { Deadline } from "../protocol/deadline.ts";
import type { RotationEvent } from "../protocol/event.ts";
import type { RotationError } from "../report/errors.ts";
import { keepSecret } from "../report/redact.ts";
import type { PasswordRules } from "../secret/password.ts";
import { AWSCURRENT, AWSPENDING, type StagingLabels } from "../staging-labels.ts";
import { boundedBody } from "./bounded-body.ts";
import { explain, invalidResponse, isNamed, type Refusal } from "./secrets-manager-errors.ts";
import { LAST_PAUSES, unlessThrottled } from "./throttling.ts";

// Without timeouts the SDK waits until Lambda kills the function: a VPC without a route to Secrets Manager drops packets
// silently. requestTimeout alone only logs a warning.
const client = new SecretsManagerClient({
  endpoint: process.env.SECRETS_MANAGER_ENDPOINT, // AWS's templates' name; the SDK's own variables work as well.
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 2000, requestTimeout: 5000, throwOnRequestTimeout: true },
});

// The SDK reads answers into memory as a whole.
client.middlewareStack.add(
  (next) => async (args) => {
    const result = await next(args);
    const { response } = result;
    if (typeof response === "object" && response && "body" in response && response.body instanceof Readable) {
      response.body = boundedBody(response.body);
    }
    return result;
  },
  { step: "deserialize", priority: "low" },
);

export interface SecretDescription {
  readonly arn: string;
  readonly rotationEnabled: boolean;
  /** Kept after rotation was turned off. undefined if rotation was never configured. */
  readonly rotationFunction: string | undefined;
  /** Time of the last change to the secret. */
  readonly changed: Date | undefined;
  readonly deleted: boolean;
  readonly labels: StagingLabels;
}

const labelsSchema = v.optional(v.record(v.string(), v.array(v.string())), {});

export async function describeSecret(secretId: string, deadline: Deadline): Promise<SecretDescription> {
  const command = new DescribeSecretCommand({ SecretId: secretId });
  const answer = await unlessThrottled((options) => client.send(command, options), deadline).catch(
    explain("DescribeSecret"),
  );
  // The SDK does not check the types of an answer.
  const labels = v.safeParse(labelsSchema, answer.VersionIdsToStages);
  if (!labels.success) {
    throw invalidResponse("DescribeSecret");
  }
  return {
    arn: answer.ARN ?? secretId,
    rotationEnabled: answer.RotationEnabled === true,
    rotationFunction: answer.RotationLambdaARN,
    changed: answer.LastChangedDate,
    deleted: answer.DeletedDate !== undefined,
    labels: labels.output,
  };
}

/** Selects a version by its staging label, its id, or both, which must then agree. */
export interface VersionSelector {
  VersionId?: string;
  VersionStage?: string;
}

export interface SecretVersion {
  readonly versionId: string | undefined;
  /** SecretString; undefined if the version has binary data. */
  readonly text: string | undefined;
}

/**
 * @param denied returns the error if the role may not read it; for another secret than the rotated one.
 * @returns undefined if the secret has no such version, or the version has no value.
 */
export async function readVersion(
  secretId: string,
  selector: VersionSelector,
  deadline: Deadline,
  denied?: (by: Refusal) => RotationError,
): Promise<SecretVersion | undefined> {
  const command = new GetSecretValueCommand({ SecretId: secretId, ...selector });
  try {
    const answer = await unlessThrottled((options) => client.send(command, options), deadline);
    return versionOf(answer, selector);
  } catch (error) {
    if (isNamed(error, "ResourceNotFoundException")) {
      return undefined;
    }
    return explain("GetSecretValue", denied)(error);
  }
}

const versionSchema = v.object({ VersionId: v.optional(v.string()), SecretString: v.optional(v.string()) });

/** @throws RotationError if the answer is of another version: its password must never be taken for the selected one's. */
function versionOf(answer: unknown, selector: VersionSelector): SecretVersion {
  const parsed = v.safeParse(versionSchema, answer);
  if (!parsed.success || (selector.VersionId ?? parsed.output.VersionId) !== parsed.output.VersionId) {
    throw invalidResponse("GetSecretValue");
  }
  return { versionId: parsed.output.VersionId, text: parsed.output.SecretString };
}

const listSchema = v.array(
  v.object({
    VersionId: v.string(),
    VersionStages: v.optional(v.array(v.string()), []),
    CreatedDate: v.optional(v.date()),
  }),
);

/** Returns the ids of versions without a staging label, the newest first, among the first hundred of the list. */
export async function unlabeledVersions(secretId: string, deadline: Deadline): Promise<string[]> {
  const command = new ListSecretVersionIdsCommand({
    SecretId: secretId,
    IncludeDeprecated: true,
    MaxResults: 100,
  });
  const answer = await unlessThrottled((options) => client.send(command, options), deadline).catch(
    explain("ListSecretVersionIds"),
  );
  const versions = v.safeParse(listSchema, answer.Versions ?? []);
  if (!versions.success) {
    throw invalidResponse("ListSecretVersionIds");
  }
  return versions.output
    .filter(({ VersionStages }) => VersionStages.length === 0)
    .sort((one, other) => Number(other.CreatedDate ?? 0) - Number(one.CreatedDate ?? 0))
    .map(({ VersionId }) => VersionId);
}

export async function randomPassword(rules: PasswordRules, deadline: Deadline): Promise<string> {
  const command = new GetRandomPasswordCommand({ ...rules });
  const answer = await unlessThrottled((options) => client.send(command, options), deadline).catch(
    explain("GetRandomPassword"),
  );
  const password: unknown = answer.RandomPassword;
  if (typeof password !== "string" || password === "") {
    throw invalidResponse("GetRandomPassword");
  }
  keepSecret(password);
  return password;
}

/**
 * Stores the value of the token's version.
 *
 * @returns false if the version has another value already, from a concurrent or an earlier run.
 */
export async function putPendingValue(
  event: RotationEvent,
  secretString: string,
  deadline: Deadline,
): Promise<boolean> {
  const command = new PutSecretValueCommand({
    SecretId: event.SecretId,
    ClientRequestToken: event.ClientRequestToken,
    SecretString: secretString,
    VersionStages: [AWSPENDING],
    RotationToken: event.RotationToken,
  });
  try {
    await unlessThrottled((options) => client.send(command, options), deadline);
    return true;
  } catch (error) {
    if (isNamed(error, "ResourceExistsException")) {
      return false;
    }
    return explain("PutSecretValue")(error);
  }
}

/**
 * Moves AWSCURRENT from one version to another: a compare-and-swap on the holder of the label.
 *
 * @returns false if `from` does not hold AWSCURRENT. Nothing was changed then.
 */
export async function moveCurrent(
  secretId: string,
  from: string,
  to: string,
  deadline: Deadline,
): Promise<boolean> {
  const command = new UpdateSecretVersionStageCommand({
    SecretId: secretId,
    VersionStage: AWSCURRENT,
    RemoveFromVersionId: from,
    MoveToVersionId: to,
  });
  try {
    await unlessThrottled((options) => client.send(command, options), deadline, LAST_PAUSES);
    return true;
  } catch (error) {
    if (isNamed(error, "InvalidParameterException")) {
      return false;
    }
    return explain("UpdateSecretVersionStage")(error);
  }
}
