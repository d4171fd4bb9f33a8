import { randomUUID } from "node:crypto";
import { CreateSecretCommand } from "@aws-sdk/client-secrets-manager";
import type { startPostgresDatabase } from "../../local/servers/postgres/database.ts";
import { FUNCTION_ACCESS_KEY, type Stack, startStack } from "../../local/stack.ts";
import { MASTER_KEY, PERSON, PLACEHOLDERS, ROLE, SECRET_KEY } from "./account.ts";
import { createIam, type Iam } from "./authorize.ts";
import { CODE } from "./cases/function-role.ts";
import { type PolicyDocument, render } from "./documents.ts";
import { ADMINISTRATOR } from "./others.ts";

const OPERATOR_ACCESS_KEY = "AKIALOCALOPERATOR0000";
const MASTER = "rotation_master";

/** A deployed function under IAM, with a master that may prepare the twins of all users made here. */
export interface FunctionUnderIam extends AsyncDisposable {
  readonly stack: Stack;
  readonly iam: Iam;
  /** The policies as they are rendered for this function and its master secret. */
  render(file: string): PolicyDocument;
  /** Makes these the only policies of the function's role. */
  attach(policies: readonly PolicyDocument[]): void;
  /** A new user of the database and its secret, with some of its keys changed. Returns the secret's ARN. */
  newSecret(changes?: Record<string, unknown>): Promise<string>;
  rotate(secretArn: string): Promise<Outcome>;
}

/** How a rotation went; if it failed, at which step and what the function threw. */
export interface Outcome {
  readonly failedAt: string | undefined;
  readonly error: string;
}

type PostgresDatabase = Awaited<ReturnType<typeof startPostgresDatabase>>;

export interface FunctionOptions {
  /** "postgres-single-user" */
  readonly bundle: string;
  /** Whether secret and master secret are encrypted with customer managed keys, one each. */
  readonly keys: boolean;
}

let users = 0;

export async function startFunctionUnderIam(
  database: PostgresDatabase,
  { bundle, keys }: FunctionOptions,
): Promise<FunctionUnderIam> {
  const iam = createIam();
  iam.attach(OPERATOR_ACCESS_KEY, { arn: PERSON, principalArn: PERSON, policies: [ADMINISTRATOR] });
  for (const key of [SECRET_KEY, MASTER_KEY]) iam.protect(key, render("secret-key-owner.json", PLACEHOLDERS));
  const stack = await startStack({
    bundle,
    environment: { DATABASE_CA_FILE: database.caFile },
    service: { attempts: 1, authorize: iam.authorize },
  });

  const create = async (value: object, KmsKeyId: string) => {
    const input = { Name: `secret-${randomUUID()}`, SecretString: JSON.stringify(value) };
    const command = new CreateSecretCommand({ ...input, ...(keys && { KmsKeyId }) });
    return (await stack.operator.send(command)).ARN ?? "";
  };
  const master = `${MASTER}_${++users}`;
  const masterPassword = randomUUID();
  await database.server.query(`CREATE ROLE ${master} LOGIN CREATEROLE PASSWORD '${masterPassword}'`);
  const masterarn = await create(
    { ...database.address, username: master, password: masterPassword },
    MASTER_KEY,
  );
  const values = {
    ...PLACEHOLDERS,
    RotationLambdaArn: stack.rotationFunction.arn,
    MasterSecretArn: masterarn,
  };

  return {
    stack,
    iam,
    render: (file) => render(file, values),
    attach: (policies) =>
      iam.attach(FUNCTION_ACCESS_KEY, { arn: CODE.principal, principalArn: ROLE, policies }),
    newSecret: async (changes) => {
      const username = `user_${++users}`;
      const password = randomUUID();
      await database.createUser(username, password);
      await database.server.query(`GRANT ${username} TO ${master} WITH ADMIN OPTION`);
      return create({ ...database.address, username, password, masterarn, ...changes }, SECRET_KEY);
    },
    rotate: (secretArn) => rotate(stack, secretArn),
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

async function rotate(stack: Stack, secretArn: string): Promise<Outcome> {
  let failedAt: string | undefined;
  const stop = stack.secretsManager.observe((event) => {
    if (event.type === "stepFinished" && event.error !== undefined) failedAt = event.step;
  });
  const { succeeded, error = "" } = await stack.rotate(secretArn);
  stop();
  if (succeeded !== (failedAt === undefined))
    throw new Error("A rotation fails with a step, and only with one.");
  return { failedAt, error };
}
