import { randomUUID } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LambdaFunction } from "../../local/lambda/function.ts";

/** The value of NODE_OPTIONS with which a function's process runs a module before it loads the bundle. */
export function preload(source: string): string {
  return `--import=data:text/javascript,${encodeURIComponent(source)}`;
}

/**
 * Shortens the pauses between two reads of what may not be visible yet: for tests of which error comes after them.
 * With them, every event that is refused would take three seconds.
 */
export const SHORT_PAUSES = [
  'import timers from "node:timers/promises";',
  'import{syncBuiltinESMExports}from"node:module";',
  "const{setTimeout}=timers;",
  "timers.setTimeout=(milliseconds,...rest)=>setTimeout(milliseconds/50,...rest);",
  "syncBuiltinESMExports();",
].join("");

/** Environment variables that can be changed while the function is deployed, as an administrator does it. */
export interface Configuration extends AsyncDisposable {
  readonly environment: { NODE_OPTIONS: string };
  change(rotationFunction: LambdaFunction, environment: Record<string, string>): Promise<void>;
}

export async function changeableConfiguration(first: Record<string, string>): Promise<Configuration> {
  const file = join(tmpdir(), `configuration-${randomUUID()}.json`);
  const store = (environment: Record<string, string>) => writeFile(file, JSON.stringify(environment));
  await store(first);
  const source = `import{readFileSync}from"node:fs";Object.assign(process.env,JSON.parse(readFileSync(${JSON.stringify(file)})))`;
  return {
    environment: { NODE_OPTIONS: preload(source) },
    change: async (rotationFunction, environment) => {
      await store(environment);
      // As in Lambda, where a changed configuration gets new processes.
      await rotationFunction.kill();
    },
    [Symbol.asyncDispose]: () => rm(file, { force: true }),
  };
}
