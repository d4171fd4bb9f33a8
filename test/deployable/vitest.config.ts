import { defineConfig } from "vitest/config";
import { partLines } from "./part-lines.ts";

// Apart from npm test, which needs nothing that npm ci does not install. See .ci/deployable.
export default defineConfig({
  test: {
    include: ["test/deployable/*.check.ts"],
    reporters: ["default", partLines],
    // Each of these programs keeps one core busy.
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
