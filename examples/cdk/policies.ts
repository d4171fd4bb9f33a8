import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Aws } from "aws-cdk-lib";
import { PolicyDocument } from "aws-cdk-lib/aws-iam";

const FOLDER = join(import.meta.dirname, "../../policies");

/** What the files have placeholders for, besides what CloudFormation knows. */
export type Placeholders = Record<string, string>;

/** policies/<name>.json with its placeholders filled in. */
export function policy(name: string, placeholders: Placeholders): PolicyDocument {
  const values: Placeholders = {
    Partition: Aws.PARTITION,
    Region: Aws.REGION,
    AccountId: Aws.ACCOUNT_ID,
    UrlSuffix: Aws.URL_SUFFIX,
    ...placeholders,
  };
  const text = readFileSync(join(FOLDER, `${name}.json`), "utf8").replace(
    /\$\{(\w+)\}/g,
    (_whole, key: string) => {
      const value = values[key];
      if (value === undefined) {
        throw new Error(`policies/${name}.json needs ${key}.`);
      }
      return value;
    },
  );
  return PolicyDocument.fromJson(JSON.parse(text));
}
