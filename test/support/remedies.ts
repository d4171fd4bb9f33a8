import { randomUUID } from "node:crypto";
import type { Stack } from "../../local/stack.ts";
import { rescue } from "./rescue.ts";

const COMMAND = /aws secretsmanager ([a-z-]+)((?: --[a-z-]+(?: (?:<[^>]+>|[^\s<-]\S*))?)+)/g;
const OPTION = /--([a-z-]+)(?: (<[^>]+>|[^\s<-]\S*))?/g;

/**
 * Does what an error message tells a person to do: runs the commands for the AWS CLI that stand in it, with what
 * the person has to fill in, and returns the answers. So a message whose command is wrong fails a test.
 *
 * @param blanks the texts for `<that version>` and the like.
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
    // The CLI makes up a token where none is given.
    const request = { ClientRequestToken: randomUUID(), ...Object.fromEntries(input) };
    return secretsManager.call(capitalized(command), request, "AKIAAPERSONATTHECLI00");
  });
}

/**
 * Runs the commands of `npm run rescue` that stand in a message, one after the other, until one has helped.
 *
 * @param run rescueProcess where several tests run in this process at the same time
 * @returns the verb that did, undefined if none of them.
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

/** Whether a message promises that nobody has to do anything. */
export function promisesToRetry(message: string): boolean {
  return WAITS.test(message);
}

function capitalized(name: string): string {
  return name.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
