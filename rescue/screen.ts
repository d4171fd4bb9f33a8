import { createInterface } from "node:readline/promises";
import { styleText } from "node:util";

/** What a person sees. Standard output has the report; questions and warnings go to standard error. */
export interface Screen {
  line(text?: string): void;
  heading(text: string): void;
  warn(text: string): void;
  /** Whether somebody is there to answer. */
  readonly interactive: boolean;
  /** @returns true for "y" and "yes". Where nobody can answer: false, unasked. */
  confirm(question: string): Promise<boolean>;
}

export function createScreen(): Screen {
  const { stdin, stdout, stderr } = process;
  const interactive = stdin.isTTY === true;
  return {
    interactive,
    line: (text = "") => void stdout.write(`${text}\n`),
    heading: (text) => void stdout.write(`\n${styleText("bold", text, { stream: stdout })}\n`),
    warn: (text) => void stderr.write(`${styleText("yellow", text, { stream: stderr })}\n`),
    async confirm(question) {
      if (!interactive) {
        return false;
      }
      const terminal = createInterface({ input: stdin, output: stderr });
      // Ctrl-D is no answer, and no consent.
      const closed = new Promise<string>((resolve) => terminal.once("close", () => resolve("")));
      const answer = await Promise.race([terminal.question(`${question} [y/N] `), closed]);
      terminal.close();
      return /^y(es)?$/i.test(answer.trim());
    },
  };
}
