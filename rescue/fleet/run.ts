import { createScreen } from "../screen.ts";
import { list } from "./list.ts";
import { FLEET_VERBS, parseFleetOptions } from "./options.ts";
import { plan } from "./plan.ts";

/** Runs a verb for all secrets. @returns the exit status; undefined if the verb is another one */
export async function runFleet([named, ...args]: readonly string[]): Promise<number | undefined> {
  const verb = FLEET_VERBS.find((one) => one === named);
  if (verb === undefined) {
    return undefined;
  }
  const options = parseFleetOptions(verb, args);
  if ("help" in options) {
    console.log(options.help);
    return 0;
  }
  return options.verb === "list" ? await list(options, createScreen()) : plan(options, createScreen());
}
