import { defineConfig } from "vitest/config";
import { partLines } from "../../deployable/part-lines.ts";

// Apart from npm test, which needs nothing that npm ci does not install. See .ci/foreign-clients.
export default defineConfig({
  test: {
    include: ["test/conformance/foreign/*.check.ts"],
    reporters: ["default", partLines],
    fileParallelism: false,
    testTimeout: 600_000,
  },
});
