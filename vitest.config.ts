import { join } from "node:path";
import { configDefaults, defineConfig } from "vitest/config";
import { testsWithoutServer } from "./test/available-servers.ts";
import { closingLine } from "./test/closing-line.ts";
import { LongFilesFirst } from "./test/run-order.ts";
import { targets } from "./test/running-servers/targets.ts";

// Workers and the programs that tests start find the JavaScript that others have compiled before them.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, "node_modules/.cache/compiled");

/** Folders of many short files. The files of a worker share the loaded modules, so no file may change a module's state for others. */
const SHORT = [
  "docs",
  "mariadb",
  "mysql",
  "policies",
  "postgres",
  "postgres-master",
  "preflight",
  "rescue",
  "template",
];
const short = SHORT.map((folder) => `test/${folder}/**/*.test.ts`);

const exclude = [
  ...configDefaults.exclude,
  ...(await testsWithoutServer()),
  // CI runs everything of which these run a sample.
  ...(process.env.SAMPLES === "false" ? ["test/faults/matrix.test.ts", "test/fuzzing/sample.test.ts"] : []),
  // Tests of the servers that are named in POSTGRES_TEST_URL and the like.
  ...(targets().length === 0 ? ["test/running-servers/**"] : []),
];

export default defineConfig({
  test: {
    reporters: ["default", closingLine],
    // Most of a test's time is waiting for servers: four at once keep two cores busy.
    maxWorkers: 4,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    sequence: { sequencer: LongFilesFirst },
    projects: [
      { extends: true, test: { name: "short", include: short, exclude, isolate: false } },
      {
        extends: true,
        test: { name: "others", include: ["test/**/*.test.ts"], exclude: [...exclude, ...short] },
      },
    ],
  },
});
