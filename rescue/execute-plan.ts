import type { Context } from "./context.ts";
import type { Plan } from "./plan.ts";

/**
 * Shows a plan, and carries it out if the operator agrees or has passed --yes.
 *
 * @returns the exit status: 0 the plan was carried out, or nothing is wrong; 1 something is wrong and was not repaired
 */
export async function executePlan(
  { options, screen }: Pick<Context, "options" | "screen">,
  plan: Plan,
): Promise<number> {
  for (const finding of plan.findings) screen.line(finding);
  if (plan.steps.length === 0) {
    printNext();
    return plan.healthy ? 0 : 1;
  }
  screen.heading("The plan");
  for (const [index, { description }] of plan.steps.entries()) screen.line(`  ${index + 1}. ${description}.`);
  screen.line();
  if (!options.yes && !(await screen.confirm("Write this?"))) {
    screen.line(
      screen.interactive
        ? "Nothing was written."
        : "Nothing was written: there is no terminal for the confirmation. To write without asking, add --yes.",
    );
    return 1;
  }
  await plan.assertStillValid();
  for (const { run } of plan.steps) screen.line(await run());
  printNext();
  return 0;

  function printNext(): void {
    if (plan.next.length === 0) return;
    screen.heading("Next");
    for (const sentence of plan.next) screen.line(`  ${sentence}`);
  }
}
