/**
 * Builds every function: functions/<engine>/<strategy>.ts → dist/<engine>-<strategy>/, the folder that is
 * deployed. The bytes that the tests run are the bytes that Lambda runs.
 *
 *   npm run build [-- --quiet]
 */
import { globSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { bundle } from "./bundle.ts";
import { writeThirdParty } from "./third-party.ts";

const root = join(import.meta.dirname, "..");
const { values } = parseArgs({ options: { quiet: { type: "boolean", default: false } } });

const sources = globSync("functions/*/{single-user,master-user}.ts", { cwd: root }).sort();
const names = sources.map((source) => `${basename(dirname(source))}-${basename(source, ".ts")}`);
for (const stale of globSync("*", { cwd: join(root, "dist") }).filter((name) => !names.includes(name))) {
  await rm(join(root, "dist", stale), { recursive: true });
}
for (const [index, source] of sources.entries()) {
  const name = String(names[index]);
  const outfile = join(root, "dist", name, "index.mjs");
  // Files of an earlier build would be deployed too.
  await rm(join(root, "dist", name), { recursive: true, force: true });
  const metafile = await bundle(join(root, source), outfile);
  await writeThirdParty(join(root, "dist", name), metafile);
  if (!values.quiet) {
    const code = await readFile(outfile);
    const kilobytes = (bytes: Buffer) => `${(bytes.length / 1024).toFixed(1)} KB`.padStart(10);
    console.log(
      `dist/${name}/index.mjs`.padEnd(42),
      kilobytes(code),
      kilobytes(gzipSync(code)),
      "compressed",
    );
  }
}
