/** Copies the built functions and policies/ into this folder: npm pack packs nothing from outside of it. */
import { cpSync, globSync, rmSync } from "node:fs";
import { basename, join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

for (const folder of ["functions", "policies", "engines.json", "lib"]) {
  rmSync(join(import.meta.dirname, folder), { recursive: true, force: true });
}
const functions = globSync("dist/*-user", { cwd: ROOT });
if (functions.length === 0) {
  throw new Error("dist/ has no functions. Build them first: npm run build");
}
for (const folder of functions) {
  cpSync(join(ROOT, folder), join(import.meta.dirname, "functions", basename(folder)), { recursive: true });
}
for (const file of ["engines.json", ...globSync("policies/*.json", { cwd: ROOT })]) {
  cpSync(join(ROOT, file), join(import.meta.dirname, file));
}
