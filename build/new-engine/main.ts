/**
 * Creates a new engine: files that compile, whose functions throw an error that says what to write; the entry in
 * engines.json; and the function in template.yaml. docs/adding-an-engine.md has the next steps.
 *
 *   npm run new-engine -- <name> --product NAME --port N [--driver PACKAGE]
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readArguments, UsageError, wholeNumber } from "../../local/command-line.ts";
import { filesOf } from "./files.ts";
import { missing } from "./missing.ts";
import { withFunction } from "./template.ts";

const ROOT = join(import.meta.dirname, "../..");
const OPTIONS = {
  product: { type: "string" },
  port: { type: "string" },
  driver: { type: "string" },
} as const;

const HELP = `npm run new-engine -- <name> --product NAME --port N [--driver PACKAGE]

  <name>            name of the folder in functions/, of the bundles, and of the secret's key engine: lowercase
                    letters and digits, beginning with a letter
  --product NAME    name of the product, such as Redis
  --port N          its default TCP port
  --driver PACKAGE  npm package of the driver; omit it if the engine implements the protocol`;

try {
  const { values, positionals } = readArguments({
    args: process.argv.slice(2),
    options: OPTIONS,
    allowPositionals: true,
  });
  const [name = "", ...others] = positionals;
  const { product, driver = null } = values;
  if (!/^[a-z][a-z0-9]*$/.test(name) || others.length > 0 || !product || !values.port) {
    throw new UsageError(HELP);
  }
  const port = wholeNumber("--port", values.port, 1, 65_535);
  if (existsSync(join(ROOT, "functions", name))) {
    throw new UsageError(`functions/${name}/ exists.`);
  }
  write({ name, product, port, driver });
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

function write(engine: { name: string; product: string; port: number; driver: string | null }): void {
  const { name } = engine;
  const list: Record<string, typeof engine> = JSON.parse(readFileSync(join(ROOT, "engines.json"), "utf8"));
  const entries = Object.entries({ ...list, [name]: engine });
  const lines = entries.map(
    ([key, { product, port, driver }]) =>
      `  "${key}": { "product": ${JSON.stringify(product)}, "port": ${port}, "driver": ${JSON.stringify(driver)} }`,
  );
  writeFileSync(join(ROOT, "engines.json"), `{\n${lines.join(",\n")}\n}\n`);
  const template = readFileSync(join(ROOT, "template.yaml"), "utf8");
  writeFileSync(join(ROOT, "template.yaml"), withFunction(template, engine, "single-user"));
  const files = filesOf(engine);
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(ROOT, file)), { recursive: true });
    writeFileSync(join(ROOT, file), content);
    console.log(`wrote   ${file}`);
  }
  // The formatter's line breaks and order of imports depend on the engine's name.
  execFileSync(
    join(ROOT, "node_modules/.bin/biome"),
    ["check", "--write", "--vcs-enabled=false", ...Object.keys(files).map((file) => join(ROOT, file))],
    { cwd: ROOT, stdio: "pipe" },
  );
  console.log("changed engines.json\nchanged template.yaml\n\nNext:");
  for (const sentence of missing(ROOT)) console.log(`- ${sentence}`);
  console.log(`- The private server is first: local/servers/${name}/database.ts.
- Then the contract, one case after the other: npx vitest run test/contract/${name}.test.ts --bail 1
- docs/adding-an-engine.md has the whole way, with an example.`);
}
