/** Puts the built functions and the policies into the package: npm pack takes nothing from outside of its folder. */
import { cpSync, globSync, rmSync } from "node:fs";
import { basename, join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

for (const folder of ["functions", "policies", "engines.json", "lib"]) {
  rmSync(join(import.meta.dirname, folder), { recursive: true, force: true });
}
const functions = globSync("dist/*-user", { cwd: ROOT });
if (functions.length === 0) {
  throw new Error("There are no functions in dist/. Build them first: npm run build");
}
for (const folder of functions) {
  cpSync(join(ROOT, folder), join(import.meta.dirname, "functions", basename(folder)), { recursive: true });
}
for (const file of ["engines.json", ...globSync("policies/*.json", { cwd: ROOT })]) {
  cpSync(join(ROOT, file), join(import.meta.dirname, file));
}
