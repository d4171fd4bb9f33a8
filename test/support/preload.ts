/** A value of NODE_OPTIONS. With it, a function's process runs a module before it loads the bundle. */
export function preload(source: string): string {
  return `--import=data:text/javascript,${encodeURIComponent(source)}`;
}

/**
 * Shortens the pauses between two reads of values that may not be visible yet, for tests of the error after the pauses.
 * With the usual pauses, each refused event takes three seconds.
 */
export const SHORT_PAUSES = [
  'import timers from "node:timers/promises";',
  'import{syncBuiltinESMExports}from"node:module";',
  "const{setTimeout}=timers;",
  "timers.setTimeout=(milliseconds,...rest)=>setTimeout(milliseconds/50,...rest);",
  "syncBuiltinESMExports();",
].join("");
