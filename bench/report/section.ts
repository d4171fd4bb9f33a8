/** A main number, such as a ratio, and a smaller one, such as the milliseconds. */
export interface Cell {
  readonly main: string;
  readonly small?: string;
}

export type Row = readonly (Cell | string)[];

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly Row[];
}

/** A part of the report on the terminal and of BENCHMARKS.md. */
export interface Section {
  readonly title: string;
  /** One sentence: the content of the table, and the peer that it compares with. */
  readonly shows: string;
  /** Paragraphs: how it was measured, and how to read the table. */
  readonly text: readonly string[];
  readonly table: Table | undefined;
}

/** A table; undefined if it has no rows. */
export function tableOf(head: readonly string[], rows: readonly Row[]): Table | undefined {
  return rows.length === 0 ? undefined : { head, rows };
}

/** A cell with the ratio to `of`, and the value. */
export function ratio(value: number, of: number, unit: (value: number) => string): Cell {
  return { main: (value / of).toFixed(2), small: unit(value) };
}

export function milliseconds(value: number): string {
  return `${value.toFixed(0)} ms`;
}

/** 1 KB is 1024 bytes, as Lambda counts. */
export function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KB`;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}

/** A Markdown list. */
export function list(...items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join("\n");
}
