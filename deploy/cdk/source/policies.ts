import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Aws } from "aws-cdk-lib";

/** policies/ of this package: prepack.ts copies the folder. */
const FOLDER = join(import.meta.dirname, "../policies");

/**
 * Values for the placeholders of policies/, besides CloudFormation's pseudo parameters. A list replaces a JSON string that
 * consists of its placeholder.
 */
export type Placeholders = Readonly<Record<string, string | readonly string[]>>;

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/**
 * policies/<name>.json with its placeholders filled in.
 *
 * @throws if a placeholder has no value
 */
export function policy(name: string, placeholders: Placeholders): object {
  const values: Placeholders = {
    Partition: Aws.PARTITION,
    Region: Aws.REGION,
    AccountId: Aws.ACCOUNT_ID,
    UrlSuffix: Aws.URL_SUFFIX,
    ...placeholders,
  };
  const valueFor = (placeholder: string) => {
    const value = values[placeholder];
    if (value === undefined) {
      throw new Error(`policies/${name}.json needs ${placeholder}.`);
    }
    return value;
  };
  const filled = (json: Json): Json => {
    if (typeof json === "string") {
      const [, whole] = /^\$\{(\w+)\}$/.exec(json) ?? [];
      const list = whole && valueFor(whole);
      return typeof list === "object"
        ? [...list]
        : json.replace(/\$\{(\w+)\}/g, (_text, key: string) => String(valueFor(key)));
    }
    if (Array.isArray(json)) {
      return json.map(filled);
    }
    if (typeof json !== "object" || json === null) {
      return json;
    }
    return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, filled(value)]));
  };
  return filled(JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8"))) as object;
}
