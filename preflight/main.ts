import { runCommand } from "../local/command-line.ts";
import type { Report } from "../shared/preflight/report.ts";
import { RotationError, withoutSecrets } from "../shared/report/errors.ts";
import { deployed, NoReport } from "./deployed.ts";
import { preflightFromHere } from "./local.ts";
import { HELP, type Options, parseOptions } from "./options.ts";
import { table } from "./print.ts";

await runCommand(async (args) => {
  const options = parseOptions(args);
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  return await run(options);
}, describe);

async function run({ functionName, secrets, strategy, json }: Options): Promise<number> {
  const deployedFunction = functionName === undefined ? undefined : deployed(functionName);
  const ids = secrets === "all" ? await deployedFunction?.secrets() : secrets;
  const reports: (Report | { readonly secret: string; readonly error: string })[] = [];
  // One secret after the other, to put no load on databases and quotas.
  for (const id of ids ?? []) {
    const report = await (deployedFunction?.ask(id) ?? preflightFromHere(id, strategy)).catch(
      (error: unknown) => ({
        secret: id,
        error: describe(error),
      }),
    );
    reports.push(report);
    if (!json) console.log("error" in report ? `${report.secret}\n${report.error}\n` : `${table(report)}\n`);
  }
  if (json) console.log(JSON.stringify(reports, undefined, 2));
  if (reports.length === 0) {
    console.error("No secret names this function. Attach it to a secret, or correct its name or the Region.");
    return 1;
  }
  return reports.every((report) => "outcome" in report && report.outcome === "healthy") ? 0 : 1;
}

/** The error of a library may quote a request, and with it a secret value: its message is replaced. */
function describe(error: unknown): string {
  if (error instanceof NoReport) return error.message;
  const { message } = withoutSecrets(error);
  return error instanceof RotationError ? message.trim() : message;
}
