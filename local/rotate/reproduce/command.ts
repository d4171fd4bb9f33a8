import { explainHowToLook } from "../how-to-look.ts";
import type { Options } from "../options.ts";
import type { Screen } from "../screen.ts";
import { startPrivateServer, USERNAME } from "../setup.ts";
import type { Failure } from "./failure.ts";
import { fail, heal } from "./reproduce.ts";
import { deploy, openScene } from "./scene.ts";
import { REPRODUCTIONS, type Reproducible } from "./table.ts";

/**
 * Shows a reason: what is broken, what the function says of it, and that it rotates when it is mended.
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
  const scene = await Promise.race([openScene(deployment, reproduction, USERNAME), interrupted]);

  screen.heading(`Broken: ${reproduction.breaks}`);
  const failing = screen.task("Invoking the function", () => fail(scene, reproduction));
  const failure = await Promise.race([failing, interrupted]);
  const isReproduced = failure?.reason === reason;
  tellFailure(screen, failure, isReproduced);
  if (keep) {
    explainHowToLook(screen, scene);
    await interrupted.catch(() => {});
    return isReproduced ? 0 : 1;
  }

  screen.heading(`Mended: ${reproduction.mends}`);
  const healing = screen.task("Invoking the function again", () => heal(scene, reproduction));
  const stillFails = await Promise.race([healing, interrupted]);
  screen.line(
    stillFails === undefined
      ? `  ${screen.paint("green", "The rotation succeeded.")}`
      : `  ${screen.paint("red", "The rotation failed:")} ${stillFails}`,
  );
  screen.line(`\nFirst action and alarm: docs/troubleshooting.md#${reason}`);
  return isReproduced && stillFails === undefined ? 0 : 1;
}

function tellFailure(screen: Screen, failure: Failure | undefined, isReproduced: boolean): void {
  if (!failure) {
    screen.line(`  ${screen.paint("red", "The function did not fail.")}`);
    return;
  }
  const style = isReproduced ? "green" : "red";
  screen.line(`  reason  ${screen.paint(style, failure.reason ?? "none")}`);
  const { message, step } = failure;
  const told = step ? { step: step.step, cause: step.cause, remedy: step.remedy } : { error: message };
  for (const [name, text] of Object.entries(told)) screen.line(`  ${name.padEnd(8)}${text}`);
}
