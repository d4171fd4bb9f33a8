import { randomUUID } from "node:crypto";
import type { Stack } from "../../local/stack.ts";
import { rescue } from "./rescue.ts";

const COMMAND = /aws secretsmanager ([a-z-]+)((?: --[a-z-]+(?: (?:<[^>]+>|[^\s<-]\S*))?)+)/g;
const OPTION = /--([a-z-]+)(?: (<[^>]+>|[^\s<-]\S*))?/g;

/**
 * Runs the AWS CLI commands that an error message tells a person to run, and returns the answers. A message with a
 * wrong command fails the test.
 *
 * @param blanks texts for placeholders such as `<that version>`, which the person fills in.
 */
export function followCommands(
  { secretsManager }: Stack,
  message: string,
  blanks: Record<string, string> = {},
): object[] {
  return [...message.matchAll(COMMAND)].map(([, command = "", options = ""]) => {
    const input = [...options.matchAll(OPTION)].map(([, name = "", text]) => [
      capitalized(name),
      text === undefined ? true : (blanks[text] ?? text),
    ]);
    // The CLI generates a token if the command has none.
    const request = { ClientRequestToken: randomUUID(), ...Object.fromEntries(input) };
    return secretsManager.call(capitalized(command), request, "AKIAAPERSONATTHECLI00");
  });
}

/**
 * Runs the commands of `npm run rescue` in a message, one after the other, until one succeeds.
 *
 * @param run rescueProcess if several tests run in this process at the same time.
 * @returns the verb of the command that succeeded; undefined if none did.
 */
export async function followRescue(
  stack: Stack,
  message: string,
  caFile: string,
  run = rescue,
): Promise<string | undefined> {
  for (const [, words = ""] of message.matchAll(
    /npm run rescue -- ([a-z]+(?: --[a-z-]+(?: [^\s<-]\S*)?)+)/g,
  )) {
    const args = words.split(" ");
    const { exitCode } = await run(stack, [...args, "--yes"], { caFile });
    if (exitCode === 0) return args[0];
  }
  return undefined;
}

const WAITS =
  /Secrets Manager (?:tries (?:the rotation )?again|retries (?:the rotation|it))|The rotation is tried again/;

/** Whether a message promises a retry, so that the operator need not do anything. */
export function promisesToRetry(message: string): boolean {
  return WAITS.test(message);
}

function capitalized(name: string): string {
  return name.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
