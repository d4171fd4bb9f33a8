import * as v from "valibot";
import { readVersion } from "../aws/secrets-manager.ts";
import type { Refusal } from "../aws/secrets-manager-errors.ts";
import type { Login, Product } from "../engine/engine.ts";
import { RotationError } from "../report/errors.ts";
import { AWSCURRENT } from "../staging-labels.ts";
import type { Job } from "../strategies/strategy.ts";
import { isSameServer } from "./same-server.ts";
import type { DatabaseSecret } from "./secret.ts";
import { parseDocument, secretKeys } from "./secret-document.ts";
import type { Settings } from "./settings.ts";

/** The master secrets that RDS manages have only a user name and a password. */
const masterSchema = v.looseObject({
  ...secretKeys,
  engine: v.optional(secretKeys.engine),
  host: v.optional(secretKeys.host),
});

/**
 * Reads the master secret and returns the login of the master user.
 *
 * @throws RotationError with what is missing, before any login is tried.
 */
export async function masterLogin(
  { engine, invocation }: Job,
  { login, masterArn }: DatabaseSecret,
): Promise<Login> {
  const { settings } = invocation;
  const arn = masterArn ?? settings.MASTER_SECRET_ARN;
  if (arn === undefined) {
    throw new RotationError(
      "malformed-secret",
      "The secret names no master secret.",
      'Put its ARN into the secret as "masterarn", or into the function\'s environment as MASTER_SECRET_ARN.',
    );
  }
  return loginOfMaster(await readMasterSecret(arn, invocation), login, engine, settings);
}

/**
 * Returns the login of the master user, at the host of the master secret. The user's secret must have the same host:
 * otherwise a secret writer could have the master password sent to another server. TLS is never weaker than the user's.
 *
 * @param text the value of the master secret; undefined if it is binary.
 * @param login the login of the user whose secret is rotated.
 */
export function loginOfMaster(
  text: string | undefined,
  login: Login,
  engine: Product,
  settings: Settings,
): Login {
  const master = parseDocument(masterSchema, text, "the master secret");
  const host = master.host ?? settings.DATABASE_HOST;
  if (host === undefined) {
    throw new RotationError(
      "malformed-secret",
      "The master secret has no host, as those that RDS manages.",
      "Set DATABASE_HOST in the function's environment to the host that the master may log in to.",
    );
  }
  // A master secret with a host and without a port means the default port. DATABASE_HOST has no port: the user's is used.
  const port = master.port ?? (master.host === undefined ? login.port : engine.defaultPort);
  if (!isSameServer({ host, port }, login)) {
    throw new RotationError(
      "secret-changed",
      "The host or port of the secret is not that of the master secret.",
      "The master's password goes nowhere else: correct whichever of the two is wrong.",
    );
  }
  if (master.username === login.username) {
    throw new RotationError(
      "malformed-secret",
      "The secret is of the master user itself.",
      "Rotate it with the single-user strategy: a user cannot be the clone of its own master user.",
    );
  }
  // The name to verify comes from the master secret: a secret writer could name another server in the user's secret.
  const tls = (master.ssl !== false || login.tls !== false) && { serverName: master.sslServerName };
  return { ...login, username: master.username, password: master.password, tls };
}

/** Statements to add to the role, and their files below policies/. A test checks that they exist. */
const STATEMENTS = {
  IAM:
    "Add it to the statement ReadMasterSecret of policies/rotation-master-user.json, which names the master secrets " +
    "that may be used. If its key is a customer managed one, kms:Decrypt on it is needed as well.",
  KMS:
    "Its key is a customer managed one: the role needs kms:Decrypt on it, the statement DecryptMasterSecret of " +
    "policies/master-secret-key.json, and in the key's own policy AccountMayUseKeyInSecretsManager of " +
    "policies/secret-key-owner.json.",
};

async function readMasterSecret(arn: string, { deadline }: Job["invocation"]): Promise<string | undefined> {
  const denied = (by: Refusal) =>
    new RotationError(
      "access-denied",
      `This function's role may not read the master secret ${arn}.`,
      STATEMENTS[by],
    );
  const version = await readVersion(arn, { VersionStage: AWSCURRENT }, deadline, denied);
  if (version) {
    return version.text;
  }
  throw new RotationError(
    "malformed-secret",
    `There is no master secret ${arn}, or it has no value.`,
    'Correct "masterarn" in the secret.',
  );
}
