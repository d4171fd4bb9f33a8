import type { Database } from "../database.ts";
import { ENGINES, type EngineName, startDatabase } from "../engines.ts";
import { createRotatedUser, type RotatedUser } from "../rotated-user.ts";
import { type Stack, startStack } from "../stack.ts";
import type { Options } from "./options.ts";
import type { Screen } from "./screen.ts";

/** The user whose password is rotated, and the name of its secret. */
export const USERNAME = "app";

/** Everything that a rotation needs, running on this machine: a database, a deployed function and a user's secret. */
export interface Setup extends AsyncDisposable, RotatedUser {
  readonly database: Database;
  readonly stack: Stack;
  /** Whether the password before still logs in: yes with two users, or if the product retains it. */
  readonly expectedOldPassword: "accepted" | "rejected";
}

export async function startPrivateServer(engine: EngineName, screen: Screen): Promise<Database> {
  const starting = `Starting a private ${ENGINES[engine].product} server`;
  const database = await screen.task(starting, () => startDatabase(engine));
  screen.line(`${database.product} with TLS listens on ${database.address.host}:${database.address.port}`);
  return database;
}

export async function startSetup({ engine, strategy }: Options, screen: Screen): Promise<Setup> {
  await using cleanUp = new AsyncDisposableStack();
  const database = cleanUp.use(await startPrivateServer(engine, screen));

  const stack = cleanUp.use(
    await startStack({
      bundle: `${engine}-${strategy}`,
      environment: { DATABASE_CA_FILE: database.caFile },
    }),
  );
  screen.line(`Secrets Manager listens on ${stack.url}`);
  screen.line(`The function is dist/${engine}-${strategy}, in a process of its own, as Lambda runs it`);

  const user = await createRotatedUser({
    database,
    username: USERNAME,
    strategy,
    createSecret: stack.createSecret,
  });
  screen.line(`The user "${USERNAME}" has the secret ${user.secretArn}`);

  const running = cleanUp.move();
  const keepsOldPassword = strategy === "master-user" || database.letKeepOldPassword !== undefined;
  const expectedOldPassword = keepsOldPassword ? "accepted" : "rejected";
  return {
    database,
    stack,
    ...user,
    expectedOldPassword,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
