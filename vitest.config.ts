import { configDefaults, defineConfig } from "vitest/config";
import { testsWithoutServer } from "./test/available-servers.ts";
import { closingLine } from "./test/closing-line.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, ...(await testsWithoutServer())],
    reporters: ["default", closingLine],
    // Most of a test's time is waiting for servers, so that two at once do well on two cores.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
