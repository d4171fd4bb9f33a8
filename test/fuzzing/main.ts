/** Runs the whole campaign: npm run test:fuzz -- --help */
import { UsageError } from "../../local/command-line.ts";
import { AREAS } from "./areas.ts";
import { runCampaign } from "./campaign.ts";
import { HELP, type Options, type Part, parseOptions } from "./options.ts";
import { tell } from "./output.ts";
import { runParts } from "./parts.ts";
import { printed, shortcomings, WHOLE } from "./report.ts";

const print = process.stdout.write.bind(process.stdout);

try {
  process.exitCode = await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  tell(error.message);
  process.exitCode = 2;
}

async function main(options: Options): Promise<number> {
  if (options.help) {
    print(`${HELP}\n`);
    return 0;
  }
  const areas = AREAS.filter(({ name }) => matches(name, options.areas));
  if (areas.length === 0)
    throw new UsageError(`No area is called that; there are ${AREAS.map(({ name }) => name).join(", ")}.`);
  if (!options.json) tell(`${options.cases} cases, seed ${options.seed}`);
  const mutants = options.cases >= WHOLE || options.areas.length > 0;
  const report =
    options.cases >= WHOLE && options.part === undefined
      ? await runParts(process.argv.slice(2), options.seed)
      : await runCampaign(areas, {
          ...options,
          mutants,
          ...((!options.json || options.part) && { onProgress: progress(options.part) }),
        });
  print(options.json ? `${JSON.stringify(report)}\n` : `${printed(report)}\n`);
  const few = options.areas.length > 0 || options.part !== undefined ? [] : shortcomings(report);
  return [...report.findings, ...report.mutants.blind, ...few].length === 0 ? 0 : 1;
}

function matches(name: string, wanted: readonly string[]): boolean {
  return wanted.length === 0 || wanted.some((one) => name.toLowerCase().includes(one.toLowerCase()));
}

/** A line for every tenth. */
function progress(part: Part | undefined): (done: number, all: number) => void {
  const which = part === undefined ? "" : `part ${part.index + 1} of ${part.of}: `;
  let told = 0;
  return (done, all) => {
    const tenths = Math.floor((10 * done) / all);
    if (tenths > told) tell(`  ${which}${done} of ${all}`);
    told = tenths;
  };
}
