import { expect, test } from "vitest";
import { availableEngines } from "../available-servers.ts";
import { randomSeed } from "./options.ts";
import { run, verdict } from "./run.ts";
import { databaseTable, rowTable, table } from "./table.ts";

const seed = Number(process.env.FAULTS_SEED ?? randomSeed());
const engines = await availableEngines();

test("V8 V10 recovers from a sample of faults at external effects, without a lockout", {
  timeout: 600_000,
}, async () => {
  const options = {
    engines,
    strategies: ["single-user", "master-user"],
    seed,
    sample: 8,
    fault: undefined,
    only: undefined,
    mutants: false,
  } as const;

  const report = await run(options, { progress: () => {}, done: () => {} });

  process.stdout.write(
    `\nFAULTS_SEED=${seed} repeats this sample of npm run test:faults\n${table(report.results)}\n${databaseTable(report.database)}\n${rowTable(report.races)}\n${rowTable(report.outside)}\n`,
  );
  const { results, database, races, outside } = report;
  const failures = [...results, ...database, ...races, ...outside].flatMap(({ failures }) => failures);
  expect(failures).toEqual([]);
  expect(report.leaks).toEqual({});
  expect(verdict(report).failed).toBe(0);
});
