import { runCommand } from "../../local/command-line.ts";
import { HELP, type Options, parseOptions } from "./options.ts";
import { createProgress } from "./progress.ts";
import { writeReadme } from "./readme.ts";
import { type Report, run, secondFaultsAreRare, verdict } from "./run.ts";
import { databaseTable, rowTable, table } from "./table.ts";

await runCommand(async (args) => {
  const options = parseOptions(args);
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  return await main(options);
});

async function main(options: Options): Promise<number> {
  const progress = createProgress(process.stderr);
  if (!options.json) console.log(`Seed ${options.seed}`);
  const report = await run(options, progress);
  progress.end();
  if (options.write) await writeReadme(report, options.sample);
  if (options.json) console.log(JSON.stringify(report, null, 2));
  else tell(report);
  return verdict(report).failed === 0 ? 0 : 1;
}

function tell(report: Report): void {
  const { results, database, races, outside, leaks, blind, mutants, seed, seconds } = report;
  if (results.length > 0) console.log(`\n${table(results)}\n`);
  if (database.length > 0) console.log(`\nThe database side, from outside\n\n${databaseTable(database)}\n`);
  if (races.length > 0) console.log(`\nInvocations at the same time\n\n${rowTable(races)}\n`);
  if (outside.length > 0) console.log(`\nThe secret, changed from outside\n\n${rowTable(outside)}\n`);
  const sum = (of: "pairs" | "injectedTwice") => results.reduce((total, result) => total + result[of], 0);
  if (sum("pairs") > 0)
    console.log(
      `A second fault in the next attempt: in ${sum("injectedTwice")} of ${sum("pairs")} cases chosen for it${secondFaultsAreRare(report) ? ", which are too few" : ""}.`,
    );
  for (const { id, problems } of [...results, ...database, ...races, ...outside].flatMap(
    ({ failures }) => failures,
  )) {
    console.log(`${id}\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    console.log(`  again: npm run test:faults -- --seed ${seed} --only '${id}'`);
  }
  for (const [place, count] of Object.entries(leaks)) console.log(`${count} secrets were found in ${place}.`);
  if (Object.keys(leaks).length === 0)
    console.log("Nothing secret was found in logs, errors or command lines.");
  for (const sentence of blind) console.log(sentence);
  if (mutants > blind.length)
    console.log(`${mutants - blind.length} of ${mutants} mistakes made on purpose were seen.`);
  const { passed, failed } = verdict(report);
  console.log(`Seed ${seed}, ${Math.round(seconds)} s`);
  console.log(`${passed} passed, ${failed} failed`);
}
