import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine, Session } from "../../../shared/engine/engine.ts";
import { CASES } from "../cases.ts";
import type { StartContractServer } from "../contract-server.ts";
import { enginesOf, openContext } from "../support/context.ts";
import type { BrokenEngine } from "./derive.ts";

/** Each of these engines fails the case that it names, and for the reason that it names. */
export function contractFinds<S extends Session>(
  engine: Engine<S>,
  start: StartContractServer,
  mutants: readonly BrokenEngine[],
): void {
  describe(`the engine contract finds, of ${engine.names[0]},`, () => {
    let context: Awaited<ReturnType<typeof openContext>>;
    beforeAll(async () => {
      context = await openContext(engine, start);
    });
    afterAll(() => context?.[Symbol.asyncDispose]());

    for (const broken of mutants) {
      it(`${broken.name} → ${broken.fails}`, async () => {
        const contractCase = CASES.find(({ name }) => name === broken.fails);
        const server = broken.product?.(context.server) ?? context.server;
        const run = contractCase?.run({ ...context, server, ...enginesOf(broken.engine(server)) });
        await expect(run).rejects.toThrow(broken.saying);
      });
    }
  });
}
