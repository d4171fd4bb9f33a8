import { afterAll, beforeAll, describe, it } from "vitest";
import type { Engine, Session } from "../../shared/engine/engine.ts";
import type { Case } from "./case.ts";
import { CASES } from "./cases.ts";
import type { Feature, StartContractServer } from "./contract-server.ts";
import { openContext } from "./support/context.ts";

/** What a product does not have, each with the reason. */
export type Lacks = Partial<Record<Feature, string>>;

/**
 * Holds an engine to what `shared/engine/engine.ts` promises, on a real server. A new engine needs a file like
 * `postgres.test.ts`, and one like `postgres-server.ts` beside it; it need not know which mistakes there are to make.
 * The cases of what the engine does not declare or the product lacks do not run; the run prints how many and why.
 *
 * @param only the names of the cases, for an engine that is another one but for something.
 */
export function engineContract<S extends Session>(
  engine: Engine<S>,
  start: StartContractServer,
  lacks: Lacks = {},
  only = /./,
): void {
  const name = engine.names[0];
  describe(`engine contract: ${name}`, () => {
    let context: Awaited<ReturnType<typeof openContext>>;
    beforeAll(async () => {
      context = await openContext(engine, start);
    });
    afterAll(() => context?.[Symbol.asyncDispose]());

    const leftOut = new Map<string, number>();
    for (const { name, needs, run } of CASES.filter((one) => only.test(one.name))) {
      const why = whyLeftOut(engine, needs, lacks);
      if (why === undefined) {
        it(name, { timeout: 120_000 }, () => run(context));
      } else {
        leftOut.set(why, (leftOut.get(why) ?? 0) + 1);
      }
    }
    const chosen = CASES.filter((one) => only.test(one.name)).length;
    const all = chosen - [...leftOut.values()].reduce((sum, cases) => sum + cases, 0);
    const lines = [...leftOut].map(([why, cases]) => `; left out: ${cases}, because ${why}`);
    process.stderr.write(`CONTRACT of ${name}: ${all} of ${chosen} cases${lines.join("")}\n`);
  });
}

/** @returns the end of a sentence; undefined if the engine and the product have all that is needed. */
export function whyLeftOut(
  engine: { readonly pair?: object; readonly secondPassword?: object },
  needs: Case["needs"],
  lacks: Lacks,
): string | undefined {
  for (const need of needs) {
    if (need === "pair" || need === "secondPassword") {
      if (engine[need] === undefined) return `the engine does not declare ${need}`;
    } else if (lacks[need] !== undefined) {
      return `the product has no ${need}: ${lacks[need]}`;
    }
  }
  return undefined;
}
