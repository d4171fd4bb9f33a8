import { createInterface } from "node:readline/promises";
import { styleText } from "node:util";
import { oneLine } from "../shared/report/safe-text.ts";

/**
 * Output for the operator: the report on stdout, questions and warnings on stderr. Control characters are removed, because a
 * secret writer chooses the names of users, keys and labels: a name with escape sequences could forge lines of the report.
 */
export interface Screen {
  line(text?: string): void;
  /** Prints a value as JSON. */
  json(value: unknown): void;
  heading(text: string): void;
  warn(text: string): void;
  /** Whether an operator can answer questions. */
  readonly interactive: boolean;
  /** @returns true for "y" and "yes". Without a terminal it does not ask, and returns false. */
  confirm(question: string): Promise<boolean>;
}

/** Streams of a command: those of the process, or a test's. */
export interface Streams {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined };
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

export function createScreen({ stdin, stdout, stderr }: Streams): Screen {
  const interactive = stdin.isTTY === true;
  return {
    interactive,
    line: (text = "") => void stdout.write(`${oneLine(text)}\n`),
    json: (value) => void stdout.write(`${ascii(JSON.stringify(value, null, 2))}\n`),
    heading: (text) => void stdout.write(`\n${styleText("bold", oneLine(text), { stream: stdout })}\n`),
    warn: (text) => void stderr.write(`${styleText("yellow", oneLine(text), { stream: stderr })}\n`),
    async confirm(question) {
      if (!interactive) {
        return false;
      }
      const terminal = createInterface({ input: stdin, output: stderr });
      // Ctrl-D closes the terminal without an answer: that is a no.
      const closed = new Promise<string>((resolve) => terminal.once("close", () => resolve("")));
      const answer = await Promise.race([terminal.question(`${oneLine(question)} [y/N] `), closed]);
      terminal.close();
      return /^y(es)?$/i.test(answer.trim());
    },
  };
}

/** Escapes characters above ASCII, some of which are control characters that JSON does not escape. */
function ascii(json: string): string {
  return json.replace(/[^\n -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
