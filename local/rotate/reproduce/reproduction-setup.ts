import { randomUUID } from "node:crypto";
import { PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import type { AdminSession, Database } from "../../database.ts";
import { createRotatedUser } from "../../rotated-user.ts";
import { FUNCTION_ACCESS_KEY, type Stack, startStack } from "../../stack.ts";
import type { Interference } from "./interference.ts";
import type { Reproduction } from "./reproduction.ts";

/** A function, what can come between it and Secrets Manager, and the server that it works on. */
export interface Deployment extends AsyncDisposable {
  readonly database: Database;
  readonly stack: Stack;
  readonly interference: Interference;
  /** The function's errors, one for each failed invocation. */
  readonly errors: readonly string[];
  /** Sets the function's environment variables, besides DATABASE_CA_FILE. */
  configure(environment: Record<string, string>): Promise<void>;
}

/** A user and its secret, and what can be broken in the whole set-up. */
export interface ReproductionSetup extends Omit<Deployment, keyof AsyncDisposable> {
  readonly username: string;
  /** The secret that is rotated. */
  secretArn: string;
  /** Opens a session of the server's superuser. */
  administrator(): Promise<AdminSession>;
  /** Runs statements as the superuser, one after the other. */
  sql(...statements: string[]): Promise<void>;
  /** Replaces keys of a secret's current value, that of the user unless told; undefined takes one away. */
  edit(keys: Record<string, unknown>, secretId?: string): Promise<void>;
}

/** Deploys the function beside a server that runs. */
export async function deploy(
  database: Database,
  { engine, strategy, timeoutSeconds }: Reproduction,
): Promise<Deployment> {
  const usual = { DATABASE_CA_FILE: database.caFile };
  const interference: Interference = {};
  const errors: string[] = [];
  const stack = await startStack({
    bundle: `${engine}-${strategy}`,
    environment: usual,
    timeoutSeconds,
    service: {
      attempts: 1,
      authorize: ({ caller, action }) => {
        if (caller === FUNCTION_ACCESS_KEY) interference.call?.(action.replace("secretsmanager:", ""));
      },
    },
    beforeAnswer: async () => void (await interference.answer?.()),
    onInvoke: async (event, invoke) => invoke((await interference.invocation?.(event)) ?? event),
    onFailure: (error) => errors.push(error instanceof Error ? error.message : String(error)),
  });
  return {
    ...{ database, stack, interference, errors },
    configure: (environment) => stack.rotationFunction.configure({ ...usual, ...environment }),
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

/** Creates the user and its secret, which have the same name. */
export async function openSetup(
  { database, stack, interference, errors, configure }: Deployment,
  { strategy }: Reproduction,
  username: string,
): Promise<ReproductionSetup> {
  const { createSecret } = stack;
  const { secretArn } = await createRotatedUser({ database, username, strategy, createSecret });
  const setup: ReproductionSetup = {
    ...{ database, stack, username, secretArn, interference, errors, configure },
    administrator: async () => {
      if (!database.administrator) throw new Error(`${database.product} has no session of an administrator.`);
      return await database.administrator();
    },
    sql: async (...statements) => {
      await using session = await setup.administrator();
      for (const statement of statements) await session.query(statement);
    },
    edit: async (keys, SecretId = setup.secretArn) => {
      const SecretString = JSON.stringify({ ...(await stack.value(SecretId)), ...keys });
      const input = { SecretId, SecretString, ClientRequestToken: randomUUID() };
      await stack.operator.send(new PutSecretValueCommand(input));
    },
  };
  return setup;
}
