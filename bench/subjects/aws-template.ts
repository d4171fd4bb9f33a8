import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { access } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { ENGINES } from "../../local/engines.ts";
import type { RotationFunction } from "../functions.ts";
import type { Subject } from "./subject.ts";

/** AWS's templates and the Python that runs them. */
export interface AwsTemplates {
  /** A checkout of https://github.com/aws-samples/aws-secrets-manager-rotation-lambdas */
  readonly folder: string;
  /** Path of the interpreter. */
  readonly python: string;
  /** Versions of Python and the imported packages: "Python 3.11.7, boto3 1.44.8, …". */
  readonly versions: string;
}

/** Prints the path of the interpreter, then the versions. A function's process has another PATH and another folder. */
const INTERPRETER = [
  "import platform, sys, boto3, pgdb, pymysql",
  "print(sys.executable)",
  'print(f"Python {platform.python_version()}, boto3 {boto3.__version__}, PyGreSQL {pgdb.version}, PyMySQL {pymysql.__version__}")',
].join("\n");

const STRATEGIES = { "single-user": "SingleUser", "master-user": "MultiUser" };

/** @throws an error with the remedy if the interpreter lacks a package or the folder is not a checkout */
export async function findAwsTemplates(folder: string, python: string): Promise<AwsTemplates> {
  const templates = resolve(folder);
  await access(join(templates, "SecretsManagerRDSPostgreSQLRotationSingleUser/lambda_function.py")).catch(
    (cause: unknown) => {
      throw new Error(
        `There are no templates in ${folder}: --aws-templates is the path of a checkout of ` +
          "https://github.com/aws-samples/aws-secrets-manager-rotation-lambdas.",
        { cause },
      );
    },
  );
  const { stdout } = await promisify(execFile)(python, ["-c", INTERPRETER]).catch((cause: unknown) => {
    throw new Error(
      `${python} cannot import boto3, pgdb and pymysql: name another interpreter with --python, or install them ` +
        "with: pip install boto3 PyGreSQL PyMySQL",
      { cause },
    );
  });
  const [path = python, versions = ""] = stdout.trim().split("\n");
  return { folder: templates, python: path, versions };
}

/** AWS's unmodified template for the engine and strategy; undefined if AWS has none. */
export function awsTemplate(
  { folder, python }: AwsTemplates,
  { engine, strategy }: RotationFunction,
): Subject | undefined {
  const template = join(folder, `SecretsManagerRDS${ENGINES[engine].product}Rotation${STRATEGIES[strategy]}`);
  if (!existsSync(template)) {
    return undefined;
  }
  return {
    folder: template,
    handler: "lambda_function.lambda_handler",
    runtime: { interpreter: python, bootstrap: join(import.meta.dirname, "../python/runtime.py") },
  };
}
