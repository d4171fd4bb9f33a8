import { afterEach, beforeEach, vi } from "vitest";

const written: string[] = [];

beforeEach(() => {
  written.length = 0;
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, "write").mockImplementation((chunk) => {
      written.push(String(chunk));
      return true;
    });
  }
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** All that the running test has written to the log; importing this file keeps it out of the terminal. */
export function logText(): string {
  return written.join("");
}

export function logLines(): Record<string, unknown>[] {
  return written.map((line) => JSON.parse(line));
}
