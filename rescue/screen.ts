import { createInterface } from "node:readline/promises";
import { styleText } from "node:util";
import { oneLine } from "../shared/report/safe-text.ts";

/**
 * What a person sees. Standard output has the report; questions and warnings go to standard error. Names of users, keys
 * and labels are a secret writer's choice: nothing of a text moves the cursor or begins another line.
 */
export interface Screen {
  line(text?: string): void;
  /** As JSON, on lines of its own. */
  json(value: unknown): void;
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
    line: (text = "") => void stdout.write(`${oneLine(text)}\n`),
    json: (value) => void stdout.write(`${ascii(JSON.stringify(value, null, 2))}\n`),
    heading: (text) => void stdout.write(`\n${styleText("bold", oneLine(text), { stream: stdout })}\n`),
    warn: (text) => void stderr.write(`${styleText("yellow", oneLine(text), { stream: stderr })}\n`),
    async confirm(question) {
      if (!interactive) {
        return false;
      }
      const terminal = createInterface({ input: stdin, output: stderr });
      // Ctrl-D is no answer, and no consent.
      const closed = new Promise<string>((resolve) => terminal.once("close", () => resolve("")));
      const answer = await Promise.race([terminal.question(`${oneLine(question)} [y/N] `), closed]);
      terminal.close();
      return /^y(es)?$/i.test(answer.trim());
    },
  };
}

/** JSON escapes what it must, which leaves control characters above ASCII as they are. */
function ascii(json: string): string {
  return json.replace(/[^\n -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
