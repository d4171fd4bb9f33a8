import {
  ACCOUNT,
  MASTER_KEY,
  MASTER_SECRET,
  namesakes,
  OTHER_ACCOUNT,
  SECRET,
  SECRET_KEY,
  SECRETS_MANAGER,
} from "../account.ts";
import { ADMINISTRATOR, DEFAULT_KEY_POLICY } from "../others.ts";
import { type Case, lets, refuses, refusesElsewhere, type Setting } from "./case.ts";
import { CODE } from "./function-role.ts";

const DECRYPT = "kms:Decrypt";
const GENERATE = "kms:GenerateDataKey";
const ENCRYPT = "kms:Encrypt";
const OTHER_KEY = SECRET_KEY.replace(/[^/]*$/, "99999999-9999-4999-8999-999999999999");

/** A request that Secrets Manager makes of AWS KMS for its caller, about one secret. */
function about(secretArn: string, setting: Omit<Setting, "context">): Setting {
  const SecretVersionId = "9d4cb84b-ad69-40c0-a0ab-cead36b967e8";
  return {
    ...setting,
    context: {
      ...CODE.context,
      "kms:CallerAccount": ACCOUNT,
      "kms:ViaService": SECRETS_MANAGER,
      "kms:EncryptionContext:SecretARN": secretArn,
      "kms:EncryptionContext:SecretVersionId": SecretVersionId,
    },
  };
}

function changed(setting: Setting, changes: Record<string, string | undefined>): Setting {
  const context = Object.entries({ ...setting.context, ...changes });
  return {
    ...setting,
    context: Object.fromEntries(context.flatMap(([k, v]) => (v === undefined ? [] : [[k, v]]))),
  };
}

const NEVER = ["kms:Encrypt", "kms:CreateGrant", "kms:ScheduleKeyDeletion", "kms:PutKeyPolicy"];

/** What holds for whoever may use a key for the values of a secret, and for nothing else. */
function onlyInSecretsManager(setting: Setting, key: string, never = NEVER): Case[] {
  const via = (service: string | undefined) => changed(setting, { "kms:ViaService": service });
  const secretArn = (arn: string | undefined) => changed(setting, { "kms:EncryptionContext:SecretARN": arn });
  return [
    lets("a value be decrypted in Secrets Manager", setting, DECRYPT, key),
    refuses("the key outside Secrets Manager", via(undefined), DECRYPT, key),
    refuses("the key in another service", via("ssm.us-east-1.amazonaws.com"), DECRYPT, key),
    refuses("the key in another region", via("secretsmanager.eu-west-1.amazonaws.com"), DECRYPT, key),
    refuses("the key without an encryption context", secretArn(undefined), DECRYPT, key),
    refuses("the key for another thing than a secret", secretArn("arn:aws:s3:::bucket"), DECRYPT, key),
    ...namesakes(setting.context["kms:EncryptionContext:SecretARN"] ?? "").map(({ where, arn }) =>
      refuses(`the key for a secret ${where}`, secretArn(arn), DECRYPT, key),
    ),
    ...never.map((action) =>
      refuses(action, changed(setting, { "kms:EncryptionContext:SecretVersionId": undefined }), action, key),
    ),
  ];
}

/** A policy of a principal. The key's own policy leaves it to the account. */
function atPrincipal(file: string, secretArn: string, key: string): Case[] {
  const setting = about(secretArn, {
    principal: CODE.principal,
    identity: [file],
    resourcePolicy: DEFAULT_KEY_POLICY,
  });
  return [
    ...onlyInSecretsManager(setting, key),
    refuses("another key", setting, DECRYPT, OTHER_KEY),
    ...refusesElsewhere("a key", setting, DECRYPT, key),
  ];
}

const secret = about(SECRET, { ...CODE, identity: ["secret-key.json"], resourcePolicy: DEFAULT_KEY_POLICY });
const owner = about(SECRET, { ...CODE, identity: [ADMINISTRATOR], resourcePolicy: "secret-key-owner.json" });
const master = about(MASTER_SECRET, {
  ...CODE,
  identity: ["master-secret-key.json"],
  resourcePolicy: DEFAULT_KEY_POLICY,
});
const reader = about(SECRET, {
  ...CODE,
  identity: ["read-secret-key.json"],
  resourcePolicy: DEFAULT_KEY_POLICY,
});
const stranger = { principal: `arn:aws:sts::${OTHER_ACCOUNT}:assumed-role/rotation/rotate` };

export const KEYS: Readonly<Record<string, readonly Case[]>> = {
  "secret-key.json": [
    ...atPrincipal("secret-key.json", SECRET, SECRET_KEY),
    lets("a value be encrypted in Secrets Manager", secret, GENERATE, SECRET_KEY),
    lets(
      "the key be used under secret-key-owner.json",
      { ...secret, resourcePolicy: "secret-key-owner.json" },
      GENERATE,
      SECRET_KEY,
    ),
  ],
  "master-secret-key.json": [
    ...atPrincipal("master-secret-key.json", MASTER_SECRET, MASTER_KEY),
    refuses("the key for another secret", { ...master, context: secret.context }, DECRYPT, MASTER_KEY),
    refuses("a value be encrypted: the master secret is never written", master, GENERATE, MASTER_KEY),
  ],
  "read-secret-key.json": [
    ...atPrincipal("read-secret-key.json", SECRET, SECRET_KEY),
    refuses("the key for another secret", { ...reader, context: master.context }, DECRYPT, SECRET_KEY),
    refuses("a value be encrypted: a reader writes nothing", reader, GENERATE, SECRET_KEY),
  ],
  "secret-key-owner.json": [
    ...onlyInSecretsManager(
      owner,
      SECRET_KEY,
      NEVER.filter((action) => action !== ENCRYPT),
    ),
    lets("stored values be encrypted anew, or for a replica", owner, ENCRYPT, SECRET_KEY),
    lets("a value be encrypted in Secrets Manager", owner, GENERATE, SECRET_KEY),
    refuses("who has no policy of his own", { ...owner, identity: [] }, DECRYPT, SECRET_KEY),
    refuses("another account, whatever its policies say", { ...owner, ...stranger }, DECRYPT, SECRET_KEY),
  ],
};
