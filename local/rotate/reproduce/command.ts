import { explainInspection } from "../how-to-look.ts";
import type { Options } from "../options.ts";
import type { Screen } from "../screen.ts";
import { startPrivateServer, USERNAME } from "../setup.ts";
import type { Failure } from "./failure.ts";
import { fail, repairAndRotate } from "./reproduce.ts";
import { deploy, openSetup } from "./reproduction-setup.ts";
import { REPRODUCTIONS, type Reproducible } from "./table.ts";

/**
 * Shows a reason: what is broken, what the function reports, and that it rotates after the repair.
 *
 * @param interrupted rejects when the operator has seen enough.
 * @returns the exit status.
 */
export async function showReason(
  reason: Reproducible,
  { engine, keep }: Options,
  screen: Screen,
  interrupted: Promise<never>,
): Promise<number> {
  const reproduction = REPRODUCTIONS[reason];
  await using database = await Promise.race([startPrivateServer(engine, screen), interrupted]);
  await using deployment = await Promise.race([deploy(database, reproduction), interrupted]);
  const setup = await Promise.race([openSetup(deployment, reproduction, USERNAME), interrupted]);

  screen.heading(`Broken: ${reproduction.breaks}`);
  const failing = screen.task("Invoking the function", () => fail(setup, reproduction));
  const failure = await Promise.race([failing, interrupted]);
  const isReproduced = failure?.reason === reason;
  printFailure(screen, failure, isReproduced);
  if (keep) {
    explainInspection(screen, setup);
    await interrupted.catch(() => {});
    return isReproduced ? 0 : 1;
  }

  screen.heading(`Repaired: ${reproduction.repairs}`);
  const repairing = screen.task("Invoking the function again", () => repairAndRotate(setup, reproduction));
  const stillFails = await Promise.race([repairing, interrupted]);
  screen.line(
    stillFails === undefined
      ? `  ${screen.paint("green", "The rotation succeeded.")}`
      : `  ${screen.paint("red", "The rotation failed:")} ${stillFails}`,
  );
  screen.line(`\nFirst action and alarm: docs/troubleshooting.md#${reason}`);
  return isReproduced && stillFails === undefined ? 0 : 1;
}

function printFailure(screen: Screen, failure: Failure | undefined, isReproduced: boolean): void {
  if (!failure) {
    screen.line(`  ${screen.paint("red", "The function did not fail.")}`);
    return;
  }
  const style = isReproduced ? "green" : "red";
  screen.line(`  reason  ${screen.paint(style, failure.reason ?? "none")}`);
  const { message, step } = failure;
  const fields = step ? { step: step.step, cause: step.cause, remedy: step.remedy } : { error: message };
  for (const [name, text] of Object.entries(fields)) screen.line(`  ${name.padEnd(8)}${text}`);
}
