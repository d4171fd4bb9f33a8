import { styleText } from "node:util";
import spinner from "yocto-spinner";

type Style = Parameters<typeof styleText>[0];

/** Where the story is told: nothing but plain lines in a pipe, color and movement on a terminal. */
export interface Screen {
  line(text?: string): void;
  heading(text: string): void;
  /** Says what is being waited for, then how long it took. */
  task<T>(label: string, work: () => Promise<T>): Promise<T>;
  /** Colors a word, unless NO_COLOR is set or this is no terminal. */
  paint(style: Style, text: string): string;
}

export function createScreen(stream: NodeJS.WriteStream): Screen {
  const line = (text = "") => void stream.write(`${text}\n`);
  const paint = (style: Style, text: string) => styleText(style, text, { stream });
  return {
    line,
    paint,
    heading: (text) => line(`\n${paint("bold", text)}`),
    task: async (label, work) => {
      const started = performance.now();
      const indicator = stream.isTTY ? spinner({ text: label, stream }).start() : undefined;
      try {
        return await work();
      } finally {
        indicator?.stop();
        line(`${label}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
      }
    },
  };
}

/** Tells nothing: for --json. */
export const silentScreen: Screen = {
  line: () => {},
  heading: () => {},
  task: (_label, work) => work(),
  paint: (_style, text) => text,
};
