/** The part of the driver's client that this folder uses. Only engine.ts imports the driver. */
export interface Sql {
  /** Sends one message of the simple protocol: one round trip. Returns the rows of its last statement. */
  query(text: string): Promise<Row[]>;
}

export type Row = Record<string, unknown>;

/** The name as an identifier. */
export function id(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The text as a literal of one line, whatever standard_conforming_strings is. */
export function literal(text: string): string {
  const quoted = text.replaceAll("\\", "\\\\").replaceAll("'", "''").replaceAll("\n", "\\n");
  return quoted.includes("\\") ? ` E'${quoted}'` : `'${quoted}'`;
}

/** The SQLSTATE of what the driver throws if the server has refused a statement. */
export function sqlState(error: unknown): string | undefined {
  return isFromServer(error) && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** The driver's DatabaseError: unlike a socket's error it has the severity that the server gave it. */
export function isFromServer(error: unknown): error is Error {
  return error instanceof Error && "severity" in error;
}
