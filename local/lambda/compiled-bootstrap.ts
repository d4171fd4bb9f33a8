import { randomUUID } from "node:crypto";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const FOLDER = join(import.meta.dirname, "../../node_modules/.cache/secrets-manager-rotation-functions");

let compiled: Promise<string> | undefined;

/**
 * The path of bootstrap.ts as JavaScript, compiled once per process. Otherwise every process of a function would strip the
 * types, which adds about 25 ms to each start that Lambda does not have.
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
  // rename() is atomic: another process that starts a function at the same time reads a whole file.
  await rename(ours, file);
  return file;
}
