import { randomUUID } from "node:crypto";
import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { before } from "../interference.ts";
import type { Reproductions } from "../reproduction.ts";
import type { ReproductionSetup } from "../reproduction-setup.ts";

const POSTGRES = { engine: "postgres", strategy: "single-user" } as const;

/** The secret, its labels and its value. */
export const SECRET = {
  "rotation-disabled": {
    ...POSTGRES,
    breaks: "rotation is canceled before createSecret",
    break: before("createSecret", ({ stack, secretArn: SecretId }) =>
      stack.operator.send(new CancelRotateSecretCommand({ SecretId })),
    ),
    repairs: "AWSPENDING is removed, and RotateSecret turns rotation on",
    repair: removePending,
  },
  "secret-deleted": {
    ...POSTGRES,
    breaks: "the secret is deleted, with a recovery window, before createSecret",
    break: before("createSecret", ({ stack, secretArn: SecretId }) =>
      stack.operator.send(new DeleteSecretCommand({ SecretId })),
    ),
    repairs: "the secret is restored",
    repair: ({ stack, secretArn: SecretId }) => stack.operator.send(new RestoreSecretCommand({ SecretId })),
  },
  "unknown-token": {
    ...POSTGRES,
    breaks: "AWSPENDING is removed before setSecret",
    break: before("setSecret", removePending),
    repairs: "the next rotation has a version of its own",
  },
  "lost-race": {
    engine: "postgres",
    strategy: "master-user", // By single-user, AWSCURRENT would have another password than the user afterward.
    breaks: "another value becomes AWSCURRENT while finishSecret is about to move the label",
    break: async ({ interference, stack: { secretsManager }, secretArn: SecretId }) => {
      interference.call = (operation) => {
        if (operation !== "UpdateSecretVersionStage") return;
        const { SecretString } = Object(secretsManager.call("GetSecretValue", { SecretId }));
        const input = { SecretId, SecretString, ClientRequestToken: randomUUID() };
        secretsManager.call("PutSecretValue", input);
      };
    },
    repairs: "nothing else moves the label",
  },
  "no-current-version": {
    ...POSTGRES,
    breaks: "the secret has no value",
    break: async (setup) => {
      const Name = `${setup.username}-without-value`;
      const { ARN = "" } = await setup.stack.operator.send(new CreateSecretCommand({ Name }));
      setup.secretArn = ARN;
    },
    repairs: "the login of the user is stored in it",
    repair: async ({ stack: { operator, value }, username, secretArn: SecretId }) => {
      const SecretString = JSON.stringify(await value(username));
      const input = { SecretId, SecretString, ClientRequestToken: randomUUID() };
      await operator.send(new PutSecretValueCommand(input));
    },
  },
  "malformed-secret": {
    ...POSTGRES,
    breaks: "the value of the secret lacks the host",
    break: ({ edit }) => edit({ host: undefined }),
    repairs: "the value has the host again",
    repair: ({ edit, database: { address } }) => edit({ host: address.host }),
  },
  unstorable: {
    ...POSTGRES,
    breaks: "the user name in the secret has 70 characters, of which PostgreSQL cuts off the last ones",
    break: ({ edit }) => edit({ username: "u".repeat(70) }),
    repairs: "the secret has the name of the user again",
    repair: ({ edit, username }) => edit({ username }),
  },
} satisfies Reproductions;

async function removePending({ stack, secretArn: SecretId }: ReproductionSetup): Promise<void> {
  const labels = Object.entries(await stack.labels(SecretId));
  const [RemoveFromVersionId] = labels.find(([, stages]) => stages.includes("AWSPENDING")) ?? [];
  const input = { SecretId, VersionStage: "AWSPENDING", RemoveFromVersionId };
  await stack.operator.send(new UpdateSecretVersionStageCommand(input));
}
