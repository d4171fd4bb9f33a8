import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  paginateListSecrets,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { isNamed } from "../shared/aws/secrets-manager-errors.ts";
import { RotationError } from "../shared/report/errors.ts";
import type { StagingLabels } from "../shared/staging-labels.ts";
import type { FleetSecret } from "./fleet/status.ts";
import { explain } from "./secrets-manager-errors.ts";

/** Metadata of a secret. */
export interface SecretFacts {
  readonly arn: string;
  readonly name: string;
  readonly rotationEnabled: boolean;
  /** ARN. Set even if rotation was turned off; undefined if rotation was never configured. */
  readonly rotationFunction: string | undefined;
  readonly deleted: boolean;
  readonly labels: StagingLabels;
}

/** Moves a label from one version to another, or removes it if `to` is missing: a compare-and-swap on the holder. */
export interface LabelMove {
  readonly label: string;
  readonly from: string;
  readonly to?: string;
}

/** One secret, accessed with the operator's credentials and Region. */
export interface SecretsManager {
  describe(): Promise<SecretFacts>;
  /** Ids of all listed versions, also those without labels, with their creation time. */
  versions(): Promise<ReadonlyMap<string, Date | undefined>>;
  /** @returns undefined if the version has no value; `text` is undefined for a binary value */
  read(versionId: string | undefined): Promise<{ readonly text: string | undefined } | undefined>;
  move(move: LabelMove): Promise<void>;
}

/** @param what role of the secret, for errors */
export function secretsManager(SecretId: string, what: "secret" | "master secret"): SecretsManager {
  const client = new SecretsManagerClient({
    region: regionOf(SecretId),
    requestHandler: { connectionTimeout: 2000, requestTimeout: 5000, throwOnRequestTimeout: true },
  });
  const explaining = (operation: string) => explain(operation, SecretId, what);
  return {
    async describe() {
      const answer = await client
        .send(new DescribeSecretCommand({ SecretId }))
        .catch(explaining("DescribeSecret"));
      return {
        arn: answer.ARN ?? SecretId,
        name: answer.Name ?? SecretId,
        rotationEnabled: answer.RotationEnabled ?? false,
        rotationFunction: answer.RotationLambdaARN,
        deleted: answer.DeletedDate !== undefined,
        labels: answer.VersionIdsToStages ?? {},
      };
    },
    async versions() {
      const found = new Map<string, Date | undefined>();
      let NextToken: string | undefined;
      do {
        const input = { SecretId, IncludeDeprecated: true, MaxResults: 100, NextToken };
        const page = await client
          .send(new ListSecretVersionIdsCommand(input))
          .catch(explaining("ListSecretVersionIds"));
        for (const { VersionId, CreatedDate } of page.Versions ?? []) {
          if (VersionId !== undefined) found.set(VersionId, CreatedDate);
        }
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
      return found;
    },
    async read(VersionId) {
      try {
        const answer = await client.send(new GetSecretValueCommand({ SecretId, VersionId }));
        return { text: answer.SecretString };
      } catch (error) {
        return isNamed(error, "ResourceNotFoundException") ? undefined : explaining("GetSecretValue")(error);
      }
    },
    async move({ label, from, to }) {
      const input = { SecretId, VersionStage: label, RemoveFromVersionId: from, MoveToVersionId: to };
      await client.send(new UpdateSecretVersionStageCommand(input)).catch((error: unknown) => {
        if (isNamed(error, "InvalidParameterException")) {
          throw changedMeanwhile(`${label} is not on version ${from} any more`);
        }
        return explaining("UpdateSecretVersionStage")(error);
      });
    },
  };
}

/** Concurrent DescribeSecret calls. A thousand secrets take seconds and hardly use the quota of 40,000 calls per second. */
const AT_A_TIME = 25;

/**
 * Describes all secrets with rotation configured, without their values.
 *
 * @param functionArn returns only secrets of this function
 */
export async function describeFleet(
  functionArn: string | undefined,
  onProgress: (done: number, of: number) => void,
): Promise<FleetSecret[]> {
  const client = new SecretsManagerClient({ region: regionOf(functionArn ?? ""), maxAttempts: 8 });
  const arns: string[] = [];
  try {
    for await (const { SecretList = [] } of paginateListSecrets({ client, pageSize: 100 }, {})) {
      for (const { ARN, RotationLambdaARN } of SecretList) {
        if (ARN && RotationLambdaARN && isOf(RotationLambdaARN, functionArn)) arns.push(ARN);
      }
    }
  } catch (error) {
    explain("ListSecrets", "", "fleet")(error);
  }
  const fleet: FleetSecret[] = [];
  const queue = arns.values();
  const describeAll = async () => {
    for (const SecretId of queue) {
      const command = new DescribeSecretCommand({ SecretId });
      const answer = await client.send(command).catch(explain("DescribeSecret", SecretId, "fleet"));
      fleet.push({
        arn: SecretId,
        name: answer.Name ?? SecretId,
        rotationFunction: answer.RotationLambdaARN,
        rotationEnabled: answer.RotationEnabled ?? false,
        labels: answer.VersionIdsToStages ?? {},
        lastRotated: answer.LastRotatedDate,
        lastChanged: answer.LastChangedDate,
        nextRotation: answer.NextRotationDate,
      });
      onProgress(fleet.length, arns.length);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, describeAll));
  return fleet;
}

/** Whether the ARNs are of the same function. A version or alias in the secret's ARN does not count. */
function isOf(rotationFunction: string, functionArn: string | undefined): boolean {
  const plain = (arn: string) => arn.split(":").slice(0, 7).join(":");
  return functionArn === undefined || plain(rotationFunction) === plain(functionArn);
}

export function changedMeanwhile(how: string): RotationError {
  return new RotationError(
    "lost-race",
    `The secret has changed since it was read: ${how}.`,
    "Another person or a rotation changed the secret meanwhile: run the command again.",
  );
}

/** The SDK does not read the AWS CLI's AWS_DEFAULT_REGION. Undefined: the SDK takes the Region from the profile. */
function regionOf(secretId: string): string | undefined {
  const region = /^arn:[^:]+:(?:secretsmanager|lambda):([^:]+):/.exec(secretId)?.[1];
  return region || process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION || undefined;
}
