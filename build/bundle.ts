import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build, type Metafile } from "esbuild";
import { REPLACEMENTS } from "./replacements/modules.ts";
import { replaceModules } from "./replacements/plugin.ts";

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8"));

/** Bundles a function as it is deployed. @returns esbuild's list of the bundled files and their bytes */
export async function bundle(source: string, outfile: string): Promise<Metafile> {
  const { metafile } = await build({
    entryPoints: [source],
    outfile,
    bundle: true,
    metafile: true,
    minify: true,
    platform: "node",
    target: "node24",
    format: "esm",
    mainFields: ["module", "main"],
    // The drivers are CommonJS and call require() for Node's own modules.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    // shared/report/log.ts
    define: { ROTATION_FUNCTION_VERSION: JSON.stringify(version) },
    external: ["pg-native"],
    plugins: [replaceModules(REPLACEMENTS)],
    logLevel: "warning",
  });
  return metafile;
}
