/**
 * Creates a release in release/: a zip file of each function in dist/, the template without a transform, the Terraform
 * module, a software bill of materials and checksums. The same commit gives the same bytes.
 *
 *   npm run release [-- --to FOLDER]
 */
import { createHash } from "node:crypto";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { shipped } from "../../build/shipped.ts";
import { zipOf } from "./archive.ts";
import { billOfMaterials, type Integrity } from "./bill-of-materials.ts";
import { withoutTransform } from "./template.ts";

const ROOT = join(import.meta.dirname, "../..");
const { values } = parseArgs({ options: { to: { type: "string", default: join(ROOT, "release") } } });
const FOLDER = resolve(values.to);
const product = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER);

const artifacts: { name: string; sha256: string }[] = [];
function release(name: string, content: Uint8Array | string): void {
  writeFileSync(join(FOLDER, name), content);
  artifacts.push({ name, sha256: createHash("sha256").update(content).digest("hex") });
}

for (const folder of globSync("dist/*-user", { cwd: ROOT }).sort()) {
  release(`${basename(folder)}.zip`, zipOf({ "": join(ROOT, folder) }));
}
const template = readFileSync(join(ROOT, "template.yaml"), "utf8");
release("template.yaml", withoutTransform(template, product.version));
release(
  "terraform.zip",
  zipOf({
    "": join(ROOT, "deploy/terraform"),
    policies: join(ROOT, "policies"),
    "engines.json": join(ROOT, "engines.json"),
  }),
);

const lock: { packages: Record<string, { version?: string; integrity?: string }> } = JSON.parse(
  readFileSync(join(ROOT, "package-lock.json"), "utf8"),
);
const integrity: Integrity = Object.fromEntries(
  Object.entries(lock.packages).map(([path, { version, integrity: hash = "" }]) => [
    `${path.replace(/^.*node_modules\//, "")}@${version}`,
    hash,
  ]),
);
const materials = billOfMaterials(product, shipped(), artifacts, integrity);
release("sbom.cdx.json", `${JSON.stringify(materials, undefined, 2)}\n`);

const lines = artifacts.map(({ name, sha256 }) => `${sha256}  ${name}\n`);
writeFileSync(join(FOLDER, "SHA256SUMS"), lines.join(""));
process.stdout.write(lines.join(""));
