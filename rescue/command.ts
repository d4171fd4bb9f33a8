import { RotationError, withoutSecrets } from "../shared/report/errors.ts";
import { redacting } from "../shared/report/redact.ts";
import type { Context } from "./context.ts";
import { databases } from "./database.ts";
import { planDiscard } from "./discard.ts";
import { executePlan } from "./execute-plan.ts";
import { explain } from "./explain.ts";
import { runFleet } from "./fleet/run.ts";
import { helpOf } from "./help.ts";
import { type Options, parseOptions, type Verb } from "./options.ts";
import type { Plan } from "./plan.ts";
import { planReset } from "./reset.ts";
import { createScreen, type Streams } from "./screen.ts";
import { secretsManager } from "./secrets-manager.ts";
import { planUnstick } from "./unstick.ts";

const PLANS: Readonly<Record<Exclude<Verb, "explain">, (context: Context) => Promise<Plan>>> = {
  unstick: planUnstick,
  reset: planReset,
  discard: planDiscard,
};

/** @returns the exit status */
export async function rescue(args: readonly string[], streams: Streams): Promise<number> {
  return (await runFleet(args, streams)) ?? (await runOne(parseOptions(args), streams));
}

/** The message of an error. The error of a library may quote a statement, and with it a password: it is replaced. */
export function describe(error: unknown): string {
  const { message, reason } = withoutSecrets(error);
  // The reason comes first: a command at the message's end can be copied to the end of the line.
  return error instanceof RotationError ? `${reason}: ${message.trim()}` : message;
}

async function runOne(options: ReturnType<typeof parseOptions>, streams: Streams): Promise<number> {
  if ("help" in options) {
    streams.stdout.write(`${helpOf(options.help)}\n`);
    return 0;
  }
  return await redacting(() => run(options, streams));
}

async function run(options: Options, streams: Streams): Promise<number> {
  const screen = createScreen(streams);
  const to = databases(options.through, screen.warn);
  const context = {
    options,
    screen,
    databases: to,
    secretsManager: secretsManager(options.secretId, "secret"),
  };
  return options.verb === "explain"
    ? await explain(context)
    : await executePlan(context, await PLANS[options.verb](context));
}
