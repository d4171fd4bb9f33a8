import {
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  SecretsManagerServiceException,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach } from "vitest";

/** Every client of Secrets Manager in a test file; what it answers is given anew before each test. */
export const api = mockClient(SecretsManagerClient);

beforeEach(() => {
  api.reset();
});

export interface Version {
  labels: string[];
  /** SecretString; without it the version is the empty placeholder that RotateSecret makes. */
  value?: string;
  created?: Date;
}

/** The answer of DescribeSecret besides the labels. */
export interface Description {
  RotationEnabled?: boolean | undefined;
  DeletedDate?: Date;
}

/** SecretString under AWSCURRENT of other secrets, by their ARN; undefined for one that does not exist. */
export type OtherSecrets = Record<string, string | undefined>;

/** Lets the service answer from a table, which its writes change. */
export function givenSecret(
  versions: Record<string, Version>,
  described: Description,
  others: OtherSecrets = {},
): void {
  api.reset();
  const holder = (label: string) => Object.keys(versions).find((id) => versions[id]?.labels.includes(label));
  api.on(DescribeSecretCommand).callsFake(async () => ({
    VersionIdsToStages: Object.fromEntries(Object.entries(versions).map(([id, { labels }]) => [id, labels])),
    ...described,
  }));
  api.on(GetSecretValueCommand).callsFake(async ({ SecretId, VersionId, VersionStage }) => {
    if (others[SecretId] !== undefined && VersionStage === "AWSCURRENT") {
      return { VersionId: "of-another-secret", SecretString: others[SecretId] };
    }
    const id = VersionId ?? holder(VersionStage);
    const version = id === undefined || SecretId in others ? undefined : versions[id];
    if (version?.value === undefined || (VersionStage && !version.labels.includes(VersionStage))) {
      throw apiError("ResourceNotFoundException");
    }
    return { VersionId: id, SecretString: version.value };
  });
  api.on(ListSecretVersionIdsCommand).callsFake(async () => ({
    Versions: Object.entries(versions).map(([VersionId, { labels, created }]) => ({
      VersionId,
      ...(labels.length > 0 && { VersionStages: labels }),
      ...(created && { CreatedDate: created }),
    })),
  }));
  let passwords = 0;
  api
    .on(GetRandomPasswordCommand)
    .callsFake(async () => ({ RandomPassword: ["random-password", "other-password"][passwords++] }));
  api.on(PutSecretValueCommand).callsFake(async ({ ClientRequestToken, SecretString, VersionStages }) => {
    const stored = versions[ClientRequestToken]?.value ?? SecretString;
    if (stored !== SecretString) {
      throw apiError("ResourceExistsException");
    }
    versions[ClientRequestToken] = { labels: VersionStages, value: SecretString };
    return {};
  });
  api.on(UpdateSecretVersionStageCommand).callsFake(async ({ RemoveFromVersionId, MoveToVersionId }) => {
    const [from, to] = [versions[RemoveFromVersionId], versions[MoveToVersionId]];
    if (!from?.labels.includes("AWSCURRENT") || to === undefined) {
      throw apiError("InvalidParameterException");
    }
    from.labels = ["AWSPREVIOUS"];
    to.labels.push("AWSCURRENT");
    return {};
  });
}

/** Returns the SDK's exception for an error that the service answers. */
export function apiError(name: string, message = ""): SecretsManagerServiceException {
  return new SecretsManagerServiceException({ name, message, $fault: "client", $metadata: {} });
}

/** The operations called, in order: `DescribeSecret`, … */
export function calls(): string[] {
  return api.calls().map(({ args: [command] }) => command.constructor.name.replace(/Command$/, ""));
}

/** Returns the inputs of all calls of an operation. */
export function inputs(operation: string): unknown[] {
  return api
    .calls()
    .map(({ args: [command] }) => command)
    .filter((command) => command.constructor.name === `${operation}Command`)
    .map((command) => command.input);
}

export function writes(): string[] {
  return calls().filter((name) => name === "PutSecretValue" || name === "UpdateSecretVersionStage");
}
