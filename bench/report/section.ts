/** A number to read, and one to look up: a ratio, and what it was made of. */
export interface Cell {
  readonly main: string;
  readonly small?: string;
}

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly (Cell | string)[])[];
}

/** A part of the report, on a terminal as in BENCHMARKS.md. */
export interface Section {
  readonly title: string;
  /** What the table shows, and beside what. A paragraph each. */
  readonly text: readonly string[];
  readonly table: Table | undefined;
}

/** A ratio, and the value that it is of. */
export function ratio(value: number, of: number, unit: (value: number) => string): Cell {
  return { main: (value / of).toFixed(2), small: unit(value) };
}

export function milliseconds(value: number): string {
  return `${value.toFixed(0)} ms`;
}

/** Of 1024 bytes, as Lambda counts. */
export function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KB`;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}
