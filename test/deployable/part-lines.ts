import { basename } from "node:path";
import type { Reporter, TestModule } from "vitest/node";

/** Ends the run with a line for each part: `transform: 24 passed, 0 failed`. */
export const partLines: Reporter = {
  onTestRunEnd(modules: readonly TestModule[]) {
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      const count = (state: string) => tests.filter((test) => test.result().state === state).length;
      const failed = count("failed") === 0 && !module.ok() ? 1 : count("failed");
      const skipped = count("skipped") > 0 ? `, ${count("skipped")} skipped` : "";
      const part = basename(module.moduleId, ".check.ts");
      process.stdout.write(`${part}: ${count("passed")} passed, ${failed} failed${skipped}\n`);
    }
  },
};
