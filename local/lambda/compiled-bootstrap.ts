import { randomUUID } from "node:crypto";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const FOLDER = join(import.meta.dirname, "../../node_modules/.cache/secrets-manager-rotation-functions");

let compiled: Promise<string> | undefined;

/**
 * The path of bootstrap.ts as JavaScript, made once per process. Node would strip the types in every process of a
 * function anew, which costs each start about 25 ms that Lambda's does not have.
 */
export function compiledBootstrap(): Promise<string> {
  compiled ??= compile();
  return compiled;
}

async function compile(): Promise<string> {
  const file = join(FOLDER, "bootstrap.mjs");
  const ours = `${file}.${randomUUID()}`;
  await build({
    entryPoints: [join(import.meta.dirname, "bootstrap.ts")],
    outfile: ours,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    logLevel: "warning",
  });
  // Who starts a function at the same time finds the whole file, ours or his own.
  await rename(ours, file);
  return file;
}
