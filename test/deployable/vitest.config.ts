import { defineConfig } from "vitest/config";
import { partLines } from "./part-lines.ts";

// Apart from npm test, which needs nothing that npm ci does not install. See .ci/deployable.
export default defineConfig({
  test: {
    include: ["test/deployable/*.check.ts"],
    reporters: ["default", partLines],
    // Two cores, and every one of these programs wants one for itself.
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
