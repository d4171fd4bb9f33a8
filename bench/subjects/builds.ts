import { cp, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type BuildOptions, build } from "esbuild";
import type { RotationFunction } from "../functions.ts";
import { temporaryFolder } from "../stage/temporary-folder.ts";
import type { Subject } from "./subject.ts";

const ROOT = join(import.meta.dirname, "../..");

/** The functions of one stage, each in its own temporary folder. */
export interface Subjects extends AsyncDisposable {
  /** The function as deployed. */
  ours(rotation: RotationFunction): Promise<Subject>;
  /** The same source as a plain esbuild bundle. */
  plain(rotation: RotationFunction): Promise<Subject>;
  /** A handler that does nothing, to measure Node and the runtime client alone. */
  empty(): Promise<Subject>;
}

export async function subjectsFor(): Promise<Subjects> {
  const all = await temporaryFolder();
  const newFolder = () => mkdtemp(join(all.path, "function-"));
  return {
    ours: async ({ name }) => {
      const folder = await newFolder();
      await cp(join(ROOT, "dist", name), folder, { recursive: true });
      return { folder };
    },
    plain: async (rotation) => {
      const folder = await newFolder();
      await buildPlain(rotation, join(folder, "index.mjs"));
      return { folder };
    },
    empty: async () => {
      const folder = await newFolder();
      await writeFile(join(folder, "index.mjs"), "export const handler = async () => {};\n");
      return { folder };
    },
    [Symbol.asyncDispose]: () => all[Symbol.asyncDispose](),
  };
}

/**
 * Builds a function with esbuild's defaults: the whole SDK, not minified, packages by their `main`. The only other settings
 * are those without which the function does not run, and `options`.
 */
export async function buildPlain(
  { engine, strategy }: RotationFunction,
  outfile: string,
  options: Pick<BuildOptions, "minify" | "mainFields"> = {},
): Promise<void> {
  await build({
    entryPoints: [join(ROOT, "functions", engine, `${strategy}.ts`)],
    outfile,
    bundle: true,
    ...options,
    platform: "node",
    format: "esm",
    target: "node24",
    external: ["pg-native"],
    // The drivers are CommonJS and call require() for Node's own modules.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    logLevel: "error",
  });
}
