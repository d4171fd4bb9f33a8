/** A number to read, such as a ratio, and one to look up, such as its milliseconds. */
export interface Cell {
  readonly main: string;
  readonly small?: string;
}

export type Row = readonly (Cell | string)[];

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly Row[];
}

/** A part of the report, on a terminal as in BENCHMARKS.md. */
export interface Section {
  readonly title: string;
  /** One sentence: the content of the table, and the peer that it compares with. */
  readonly shows: string;
  /** How it was measured, and how to read it. A paragraph each. */
  readonly text: readonly string[];
  readonly table: Table | undefined;
}

/** A table; undefined if it has no rows. */
export function tableOf(head: readonly string[], rows: readonly Row[]): Table | undefined {
  return rows.length === 0 ? undefined : { head, rows };
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

/** A list, which is a paragraph with an item in each line. */
export function list(...items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join("\n");
}
