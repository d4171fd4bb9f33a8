import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

/** As far as the files in policies/ use the grammar of IAM; a test refuses what is not listed here. */
export interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: "*" | Readonly<Record<string, string>>;
  readonly Action: string | readonly string[];
  readonly Resource?: string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export interface PolicyDocument {
  readonly Version: string;
  readonly Statement: readonly Statement[];
}

const FOLDER = join(import.meta.dirname, "..", "..", "policies");

/** "rotation-single-user.json", … */
export const FILES: readonly string[] = globSync("*.json", { cwd: FOLDER })
  .map((file) => basename(file))
  .sort();

/** A file of policies/ as it stands there, placeholders and all. */
export function textOf(file: string): string {
  return readFileSync(join(FOLDER, file), "utf8");
}

/** The file with its placeholders replaced in every string. A placeholder without a value is an error. */
export function render(file: string, values: Readonly<Record<string, string>>): PolicyDocument {
  const replaced = (text: string) =>
    text.replace(/\$\{([^}]*)\}/g, (_placeholder, name: string) => valueFor(name, values));
  const document = JSON.stringify(JSON.parse(textOf(file)), (_key, value: unknown) =>
    typeof value === "string" ? replaced(value) : value,
  );
  return JSON.parse(document);
}

function valueFor(name: string, values: Readonly<Record<string, string>>): string {
  const value = values[name];
  if (value === undefined) throw new Error(`No value for the placeholder ${name}.`);
  return value;
}

/** IAM's elements are a text or a list of texts. */
export function list(element: string | readonly string[] | undefined): readonly string[] {
  return element === undefined ? [] : [element].flat();
}
