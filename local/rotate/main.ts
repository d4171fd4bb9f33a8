import { runCommand } from "../command-line.ts";
import { interruption } from "../interruption.ts";
import { startApplication } from "./client/client.ts";
import { explainInspection } from "./how-to-look.ts";
import { HELP, type Options, parseOptions } from "./options.ts";
import { askPreflight, printPreflight } from "./preflight.ts";
import { reportProgress, summarize, summarizeTraffic } from "./progress.ts";
import { report } from "./report.ts";
import { showReason } from "./reproduce/command.ts";
import { rotate } from "./rotate.ts";
import { createScreen, silentScreen } from "./screen.ts";
import { startSetup } from "./setup.ts";

await runCommand(async (args) => {
  const options = parseOptions(args);
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  return await run(options);
});

async function run(options: Options): Promise<number> {
  const interrupted = interruption();
  const screen = options.json ? silentScreen : createScreen(process.stdout);
  if (options.reproduce !== undefined) {
    return await showReason(options.reproduce, options, screen, interrupted);
  }
  await using setup = await Promise.race([startSetup(options, screen), interrupted]);

  const preflight = await Promise.race([askPreflight(setup), interrupted]);
  printPreflight(screen, preflight);
  const application = options.withClient ? startApplication(setup) : undefined;
  const progress = reportProgress(screen, options.rotations);
  const rotating = rotate(setup, options.rotations, progress, application?.settle);
  const result = await Promise.race([rotating, interrupted]);
  const traffic = await application?.stop();
  if (options.json) {
    console.log(JSON.stringify(report(options, preflight, result, traffic)));
  } else {
    summarize(screen, result);
    if (traffic) {
      summarizeTraffic(screen, traffic);
    }
  }
  if (options.keep) {
    // Standard output belongs to the JSON object.
    explainInspection(options.json ? createScreen(process.stderr) : screen, setup);
    await interrupted.catch(() => {});
  }
  return result.proof.asPromised && !traffic?.failedQueries ? 0 : 1;
}
