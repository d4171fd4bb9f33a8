import {
  GetRandomPasswordCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { escapeIdentifier, escapeLiteral } from "pg";
import type { PostgresDatabase } from "../support/fixture.ts";
import { holder } from "../support/operator.ts";
import type { StepwiseStack } from "../support/stepwise-stack.ts";
import { openAs } from "./pairs.ts";

/** The part of AWS's own function for alternating PostgreSQL users, step by step: what it stores and what it runs. */
export interface AwsFunction {
  /** A whole rotation. AWSPENDING stays on the promoted version, as it does at times. */
  rotate(arn: string): Promise<void>;
  /** Up to and including a step, so that a rotation is stuck there. Returns its token. */
  stop(after: "createSecret" | "setSecret", arn: string): Promise<string>;
}

export function awsFunction(database: PostgresDatabase, { stack, stage }: StepwiseStack): AwsFunction {
  async function createSecret(arn: string, token: string): Promise<void> {
    const current = await stack.value(arn);
    const username = String(current.username);
    const next = username.endsWith("_clone") ? username.slice(0, -"_clone".length) : `${username}_clone`;
    const { RandomPassword } = await stack.operator.send(
      new GetRandomPasswordCommand({ PasswordLength: 32, ExcludeCharacters: ":/@\"'\\" }),
    );
    const SecretString = JSON.stringify({ ...current, username: next, password: RandomPassword });
    await stack.operator.send(
      new PutSecretValueCommand({
        SecretId: arn,
        ClientRequestToken: token,
        SecretString,
        VersionStages: ["AWSPENDING"],
      }),
    );
  }

  /** The password last sees the server in clear text, and an existing role is not looked at any closer. */
  async function setSecret(arn: string, token: string): Promise<void> {
    const current = await stack.value(arn);
    const pending = await stack.value(arn, { VersionId: token });
    const master = await stack.value(String(current.masterarn));
    const [user, clone] = [current, pending].map(({ username }) => escapeIdentifier(String(username)));
    const password = escapeLiteral(String(pending.password));
    await using session = await openAs(database, String(master.username), String(master.password));
    await session.query("BEGIN");
    const found = await session.query("SELECT FROM pg_roles WHERE rolname = $1", [pending.username]);
    if (found.rowCount === 0) {
      await session.query(`CREATE ROLE ${clone} WITH LOGIN PASSWORD ${password}`);
      await session.query(`GRANT ${user} TO ${clone}`);
    } else {
      await session.query(`ALTER USER ${clone} WITH PASSWORD ${password}`);
    }
    await session.query("COMMIT");
  }

  async function finishSecret(arn: string, token: string): Promise<void> {
    await stack.operator.send(
      new UpdateSecretVersionStageCommand({
        SecretId: arn,
        VersionStage: "AWSCURRENT",
        MoveToVersionId: token,
        RemoveFromVersionId: await holder(stack, arn, "AWSCURRENT"),
      }),
    );
  }

  return {
    rotate: async (arn) => {
      const token = await stage(arn);
      await createSecret(arn, token);
      await setSecret(arn, token);
      await finishSecret(arn, token);
    },
    stop: async (after, arn) => {
      const token = await stage(arn);
      await createSecret(arn, token);
      if (after === "setSecret") await setSecret(arn, token);
      return token;
    },
  };
}
