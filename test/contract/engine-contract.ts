import { afterAll, beforeAll, describe, it } from "vitest";
import type { Engine } from "../../shared/engine/engine.ts";
import { CASES } from "./cases.ts";
import type { StartContractServer } from "./contract-server.ts";
import { openContext } from "./support/context.ts";

/**
 * Holds an engine to what `shared/engine/engine.ts` promises, on a real server. A new engine needs a file like
 * `postgres.test.ts`, and one like `postgres-server.ts` beside it; which mistakes there are to make, it need not know.
 */
export function engineContract(engine: Engine, start: StartContractServer): void {
  describe(`engine contract: ${engine.names[0]}`, () => {
    let context: Awaited<ReturnType<typeof openContext>>;
    beforeAll(async () => {
      context = await openContext(engine, start);
    });
    afterAll(() => context?.[Symbol.asyncDispose]());

    for (const { name, run } of CASES) it(name, () => run(context));
  });
}
