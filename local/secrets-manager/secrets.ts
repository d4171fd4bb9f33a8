import { randomInt } from "node:crypto";
import { ServiceError } from "./errors.ts";
import type { Secret } from "./secret.ts";

const SUFFIX_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const SUFFIX = /-[A-Za-z0-9]{6}$/;

/** All secrets of the account in one Region. */
export interface Secrets {
  readonly region: string;
  /** Finds a secret by name, ARN, or ARN without its suffix, until its deletion date has passed. */
  find(secretId: string): Secret | undefined;
  all(): Secret[];
  add(secret: Secret): void;
  remove(secret: Secret): void;
  /** @returns a new ARN, which ends in six random characters */
  newArn(name: string): string;
  /** @returns the ARN of a secret that need not exist, with question marks for the six random characters, as in a policy */
  arnPattern(secretId: string): string;
}

export function createSecrets(options: { account: string; region: string; now: () => Date }): Secrets {
  const byName = new Map<string, Secret>();
  const byArn = new Map<string, Secret>();
  const { region, account } = options;
  const prefix = `arn:${partition(region)}:secretsmanager:${region}:${account}:secret:`;

  function unlessDeleted(secret: Secret | undefined): Secret | undefined {
    const { deletionDate } = secret ?? {};
    if (secret === undefined || deletionDate === undefined || deletionDate > options.now()) return secret;
    remove(secret);
    return undefined;
  }

  function remove(secret: Secret): void {
    byName.delete(secret.name);
    byArn.delete(secret.arn);
  }

  // AWS reads a partial ARN that ends like a full one as a full one (documented): the partial ARN of a secret named
  // "app-abcdef" finds nothing.
  function find(secretId: string): Secret | undefined {
    if (!secretId.startsWith("arn:")) return unlessDeleted(byName.get(secretId));
    const exact = unlessDeleted(byArn.get(secretId));
    if (exact !== undefined || SUFFIX.test(secretId)) return exact;
    return secretId.startsWith(prefix) ? unlessDeleted(byName.get(secretId.slice(prefix.length))) : undefined;
  }

  return {
    region,
    find,
    all: () => [...byName.values()].filter((secret) => unlessDeleted(secret) !== undefined),
    add: (secret) => {
      byName.set(secret.name, secret);
      byArn.set(secret.arn, secret);
    },
    remove,
    newArn: (name) => {
      const suffix = Array.from({ length: 6 }, () =>
        SUFFIX_ALPHABET.charAt(randomInt(SUFFIX_ALPHABET.length)),
      );
      return `${prefix}${name}-${suffix.join("")}`;
    },
    arnPattern: (secretId) => (secretId.startsWith("arn:") ? secretId : `${prefix}${secretId}-??????`),
  };
}

/** The partition in ARNs: China and GovCloud have their own. */
function partition(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

export function secretNotFound(): ServiceError {
  return new ServiceError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
}

export function markedForDeletion(): ServiceError {
  return new ServiceError(
    "InvalidRequestException",
    "You can't perform this operation on the secret because it was marked for deletion.",
  );
}

/** AWS's error for every change of a replica. */
export function replicaIsReadOnly(): ServiceError {
  return new ServiceError(
    "InvalidParameterException",
    "Operation not permitted on a replica secret. Call must be made in primary secret's region.",
  );
}
