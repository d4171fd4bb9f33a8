import { ServiceError } from "./errors.ts";

/** A timestamp on the wire: seconds since 1970, with a fraction. */
export function timestamp(date: Date): number;
export function timestamp(date: Date | undefined): number | undefined;
export function timestamp(date: Date | undefined): number | undefined {
  return date === undefined ? undefined : date.getTime() / 1000;
}

/** The day of a moment, for LastAccessedDate. */
export function day(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 86_400_000) * 86_400_000);
}

/** One page of a list. NextToken is the position of the next page. */
export function page<Item>(
  items: readonly Item[],
  { MaxResults = 100, NextToken = "0" }: { MaxResults?: number | undefined; NextToken?: string | undefined },
): { items: readonly Item[]; NextToken?: string } {
  const start = Number(NextToken);
  if (!Number.isInteger(start) || start < 0 || start > items.length) {
    throw new ServiceError("InvalidNextTokenException", "Invalid NextToken.");
  }
  const end = start + MaxResults;
  return { items: items.slice(start, end), ...(end < items.length && { NextToken: String(end) }) };
}
