/**
 * Writes the inputs and outputs of the Terraform module into its README:
 *
 *   node deploy/release/module-readme.ts
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "../terraform");
const README = join(FOLDER, "README.md");
const BEGIN = "<!-- Made by: node deploy/release/module-readme.ts -->";

/** The README as it should be, from variables.tf and outputs.tf. */
export function moduleReadme(): string {
  const text = readFileSync(README, "utf8");
  const read = (file: string) => readFileSync(join(FOLDER, file), "utf8");
  const head = text.slice(0, text.indexOf(BEGIN) + BEGIN.length);
  return `${head}\n\n${inputs(read("variables.tf"))}\n\n${outputs(read("outputs.tf"))}\n`;
}

/** The names of the module's inputs. */
export function inputNames(): string[] {
  return blocks(readFileSync(join(FOLDER, "variables.tf"), "utf8"), "variable").map(([name]) => name);
}

function inputs(hcl: string): string {
  const rows = blocks(hcl, "variable").map(([name, body]) => {
    const type = /^ {2}type += (.*)$/m.exec(body)?.[1] ?? "any";
    const fallback = /^ {2}default += (.*)$/m.exec(body)?.[1];
    const shown = type.endsWith("({") ? `${type.slice(0, -2)}(…)` : type;
    return `| ${name} | ${description(body)} | \`${shown}\` | ${fallback === undefined ? "required" : `\`${fallback}\``} |`;
  });
  return [
    "## Inputs",
    "",
    "| name | description | type | default |",
    "| --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

function outputs(hcl: string): string {
  const rows = blocks(hcl, "output").map(([name, body]) => `| ${name} | ${description(body)} |`);
  return ["## Outputs", "", "| name | description |", "| --- | --- |", ...rows].join("\n");
}

function blocks(hcl: string, kind: string): [name: string, body: string][] {
  return [...hcl.matchAll(new RegExp(`^${kind} "(\\w+)" {\\n([\\s\\S]*?)\\n}$`, "gm"))].map(
    ([, name = "", body = ""]) => [name, body],
  );
}

function description(body: string): string {
  return /^ {2}description += "(.*)"$/m.exec(body)?.[1]?.replaceAll("|", "\\|") ?? "";
}

if (import.meta.main) {
  writeFileSync(README, moduleReadme());
}
