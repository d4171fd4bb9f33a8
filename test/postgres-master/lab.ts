import type { Stack } from "../../local/stack.ts";
import { type Fixture, type PostgresDatabase, startDatabase } from "../support/fixture.ts";
import { type DrivenStack, startDrivenStack } from "../support/stepwise-stack.ts";

/** A server of its own, and a function that a test invokes step by step. */
export interface Lab extends AsyncDisposable {
  readonly database: PostgresDatabase;
  readonly server: PostgresDatabase["server"];
  readonly driven: DrivenStack;
  readonly stack: Stack;
  readonly fixture: Fixture;
}

export async function startLab(options?: Parameters<typeof startDatabase>[0]): Promise<Lab> {
  await using started = new AsyncDisposableStack();
  const database = started.use(await startDatabase(options));
  const driven = await startDrivenStack(database, { bundle: "postgres-master-user" });
  const stack = started.use(driven.stack);
  const cleanUp = started.move();
  return {
    database,
    server: database.server,
    driven,
    stack,
    fixture: { database, stack },
    [Symbol.asyncDispose]: () => cleanUp.disposeAsync(),
  };
}
