import { createScreen, type Streams } from "../screen.ts";
import { list } from "./list.ts";
import { FLEET_VERBS, parseFleetOptions } from "./options.ts";
import { plan } from "./plan.ts";

/** Runs a verb for all secrets. @returns the exit status; undefined if the verb is another one */
export async function runFleet(
  [named, ...args]: readonly string[],
  streams: Streams,
): Promise<number | undefined> {
  const verb = FLEET_VERBS.find((one) => one === named);
  if (verb === undefined) {
    return undefined;
  }
  const options = parseFleetOptions(verb, args);
  if ("help" in options) {
    streams.stdout.write(`${options.help}\n`);
    return 0;
  }
  const screen = createScreen(streams);
  return options.verb === "list" ? await list(options, screen) : plan(options, screen);
}
