import type { Stack } from "../../local/stack.ts";
import { type Fixture, type PostgresDatabase, startDatabase } from "../support/fixture.ts";
import { type StepwiseStack, startStepwiseStack } from "../support/stepwise-stack.ts";

/** A server of its own, and a function that a test invokes step by step. */
export interface Lab extends AsyncDisposable {
  readonly database: PostgresDatabase;
  readonly server: PostgresDatabase["server"];
  readonly stepwise: StepwiseStack;
  readonly stack: Stack;
  readonly fixture: Fixture;
}

export async function startLab(options?: Parameters<typeof startDatabase>[0]): Promise<Lab> {
  await using started = new AsyncDisposableStack();
  const database = started.use(await startDatabase(options));
  const stepwise = await startStepwiseStack(database, { bundle: "postgres-master-user" });
  const stack = started.use(stepwise.stack);
  const cleanUp = started.move();
  return {
    database,
    server: database.server,
    stepwise,
    stack,
    fixture: { database, stack },
    [Symbol.asyncDispose]: () => cleanUp.disposeAsync(),
  };
}
