import { randomUUID } from "node:crypto";
import { PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import type { AdminSession, Database } from "../../database.ts";
import { createRotatedUser } from "../../rotated-user.ts";
import { FUNCTION_ACCESS_KEY, type Stack, startStack } from "../../stack.ts";
import type { Interference } from "./interference.ts";
import type { Reproduction } from "./reproduction.ts";

/** The parts of one reproduction that can be broken. */
export interface ReproductionSetup extends AsyncDisposable {
  readonly database: Database;
  readonly stack: Stack;
  readonly username: string;
  /** The secret that is rotated. */
  secretArn: string;
  readonly interference: Interference;
  /** What the function threw, whenever the service invoked it. */
  readonly errors: readonly string[];
  /** Opens a session of the server's superuser. */
  administrator(): Promise<AdminSession>;
  /** Runs statements as the superuser, one after the other. */
  sql(...statements: string[]): Promise<void>;
  /** Replaces keys of a secret's current value, that of the user unless told; undefined takes one away. */
  edit(keys: Record<string, unknown>, secretId?: string): Promise<void>;
  /** Sets the function's environment variables, besides DATABASE_CA_FILE. */
  configure(environment: Record<string, string>): Promise<void>;
}

/** Deploys the function beside a server that runs, and creates the user and its secret, which have the same name. */
export async function openSetup(
  database: Database,
  { engine, strategy, timeoutSeconds }: Reproduction,
  username: string,
): Promise<ReproductionSetup> {
  await using cleanUp = new AsyncDisposableStack();
  const defaults = { DATABASE_CA_FILE: database.caFile };
  const interference: Interference = {};
  const errors: string[] = [];
  const stack = cleanUp.use(
    await startStack({
      bundle: `${engine}-${strategy}`,
      environment: defaults,
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
    }),
  );
  const { createSecret } = stack;
  const { secretArn } = await createRotatedUser({ database, username, strategy, createSecret });
  const running = cleanUp.move();
  const setup: ReproductionSetup = {
    ...{ database, stack, username, secretArn, interference, errors },
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
    configure: (environment) => stack.rotationFunction.configure({ ...defaults, ...environment }),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
  return setup;
}
