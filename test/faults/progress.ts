import type { Result } from "./results.ts";
import { isClean } from "./table.ts";

/** Without a terminal, a line at most so often. */
const SPARSE_MS = 30_000;

/** How far it is: one line that changes on a terminal, a line now and then elsewhere. */
export function createProgress(stream: NodeJS.WriteStream) {
  let last = performance.now();
  const wipe = () => {
    if (stream.isTTY) stream.write("\r\x1b[K");
  };
  return {
    progress: (label: string, done: number, of: number) => {
      const text = `${label}: ${done} of ${of}`;
      if (stream.isTTY) {
        stream.write(`\r\x1b[K${text}`);
      } else if (performance.now() - last > SPARSE_MS) {
        last = performance.now();
        stream.write(`${text}\n`);
      }
    },
    done: (result: Pick<Result, "engine" | "strategy" | "tried" | "failures">) => {
      wipe();
      const { engine, strategy, tried, failures } = result;
      stream.write(
        `${engine} ${strategy}: ${tried} tried, ${isClean(result) ? "all well" : `${failures.length} not well`}\n`,
      );
      for (const { id } of failures) stream.write(`  ${id}\n`);
    },
    end: wipe,
  };
}
