import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../template/template.ts";

/** The folder into which .ci/deployable has installed what it could. */
const { DEPLOYABLE_TOOLS: folder = "" } = process.env;

/** AWS's runtime client, which is compiled where it is installed. */
export const RUNTIME_CLIENT = join(folder, "ric/node_modules/aws-lambda-ric/index.mjs");
/** A project that has the CDK installed. */
export const CDK_PROJECT = join(folder, "cdk");
export const CHECKOV = join(folder, "checkov/bin/checkov");
/** A mirror of a registry with the schema of Terraform's AWS provider. */
export const PROVIDER_MIRROR = join(folder, "provider");

export const program = (name: string) => join(folder, "venv/bin", name);
export const has = (path: string) => folder !== "" && existsSync(path);

/** Nothing of these programs is to leave this machine, nor to find anybody's credentials. */
export const ENVIRONMENT = {
  ...process.env,
  AWS_ACCESS_KEY_ID: "AKIALOCAL",
  AWS_SECRET_ACCESS_KEY: "local",
  AWS_SESSION_TOKEN: "",
  AWS_DEFAULT_REGION: "us-east-1",
  AWS_REGION: "us-east-1",
  AWS_PROFILE: undefined,
  AWS_EC2_METADATA_DISABLED: "true",
  SAM_CLI_TELEMETRY: "0",
  SAM_CLI_CHECK_FOR_UPDATES: "0",
};

/**
 * Runs a program to its end.
 *
 * @returns what it wrote, stdout before stderr
 * @throws with the same, if it fails
 */
export async function run(
  path: string,
  parameters: string[],
  { cwd = ROOT, environment = {} }: { cwd?: string; environment?: Record<string, string> } = {},
): Promise<string> {
  const options = { cwd, env: { ...ENVIRONMENT, ...environment }, maxBuffer: 64 * 2 ** 20 };
  try {
    const { stdout, stderr } = await promisify(execFile)(path, parameters, options);
    return `${stdout}${stderr}`;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`${path} ${parameters.join(" ")} failed:\n${stdout}${stderr}`);
  }
}
