import { randomBytes } from "node:crypto";
import type { Database } from "../database.ts";
import { startMariadbDatabase } from "../mariadb/database.ts";
import { startMysqlDatabase } from "../mysql/database.ts";
import { startPostgresDatabase } from "../postgres/database.ts";
import { type Stack, startStack } from "../stack.ts";
import type { Options } from "./options.ts";
import type { Screen } from "./screen.ts";

/** The user whose password is rotated, and the name of its secret. */
export const USERNAME = "app";

const DATABASES: Record<string, () => Promise<Database>> = {
  postgres: startPostgresDatabase,
  mysql: startMysqlDatabase,
  mariadb: startMariadbDatabase,
};

const MASTER = "rotation_master";

/** Everybody whom the function logs in as. */
export const USERS = [USERNAME, `${USERNAME}_clone`, MASTER];

const randomPassword = () => randomBytes(16).toString("base64url");

async function createMaster(database: Database, stack: Stack): Promise<string> {
  const password = randomPassword();
  await database.createMaster(MASTER, password, USERNAME);
  return stack.createSecret(MASTER, { ...database.address, username: MASTER, password });
}

/** What a rotation needs, running on this machine: a database, a deployed function, and the secret of a user. */
export interface Scene extends AsyncDisposable {
  readonly database: Database;
  readonly stack: Stack;
  readonly secretArn: string;
  /** With two users the one before keeps its password; a single user has only one, unless the product keeps two. */
  readonly promisedOfOldPassword: "accepted" | "rejected";
}

export async function startScene({ engine, strategy }: Options, screen: Screen): Promise<Scene> {
  await using cleanUp = new AsyncDisposableStack();
  const startDatabase = DATABASES[engine];
  if (startDatabase === undefined) {
    throw new Error(`There is no local server for ${engine}.`);
  }
  const database = cleanUp.use(await screen.task(`Starting a private ${engine} server`, startDatabase));
  screen.line(`${database.product} with TLS listens on ${database.address.host}:${database.address.port}`);

  const stack = cleanUp.use(
    await startStack({
      bundle: `${engine}-${strategy}`,
      environment: { DATABASE_CA_FILE: database.caFile },
    }),
  );
  screen.line(`Secrets Manager listens on ${stack.url}`);
  screen.line(`The function is dist/${engine}-${strategy}, in a process of its own, as Lambda runs it`);

  const password = randomPassword();
  await database.createUser(USERNAME, password);
  if (strategy === "single-user") {
    await database.letKeepOldPassword?.(USERNAME);
  }
  const master = strategy === "master-user" ? { masterarn: await createMaster(database, stack) } : {};
  const value = { ...database.address, username: USERNAME, password, ...master };
  const secretArn = await stack.createSecret(USERNAME, value);
  screen.line(`The user "${USERNAME}" has the secret ${secretArn}`);

  const running = cleanUp.move();
  const keepsOldPassword = strategy === "master-user" || database.letKeepOldPassword !== undefined;
  const promisedOfOldPassword = keepsOldPassword ? "accepted" : "rejected";
  return {
    database,
    stack,
    secretArn,
    promisedOfOldPassword,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
