import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { serve } from "../../../local/secrets-manager/http.ts";
import { createSecretsManager } from "../../../local/secrets-manager/secrets-manager.ts";

/** The folder that .ci/foreign-clients installs into. */
const TOOLS = process.env.FOREIGN_CLIENTS_TOOLS ?? "";

/** The path of an installed program or folder; undefined if it could not be installed here. */
export function installed(...path: string[]): string | undefined {
  const found = join(TOOLS, ...path);
  return existsSync(found) ? found : undefined;
}

export interface ForeignService extends AsyncDisposable {
  readonly url: string;
  /** The environment of a client: nothing of a developer's own AWS configuration is left in it. */
  readonly environment: Record<string, string>;
  /** The operations that were called, in order. */
  readonly operations: string[];
}

/** A local Secrets Manager for clients that are other programs. */
export async function startService(): Promise<ForeignService> {
  const secretsManager = createSecretsManager();
  const operations: string[] = [];
  secretsManager.observe((event) => event.type === "request" && operations.push(event.operation));
  const server = await serve(secretsManager);
  return {
    url: server.url,
    operations,
    environment: {
      PATH: process.env.PATH ?? "",
      HOME: process.env.HOME ?? "",
      AWS_ENDPOINT_URL_SECRETS_MANAGER: server.url,
      AWS_ACCESS_KEY_ID: "foreign",
      AWS_SECRET_ACCESS_KEY: "foreign",
      AWS_REGION: "us-east-1",
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_MAX_ATTEMPTS: "1",
      PYTHONDONTWRITEBYTECODE: "1",
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

export interface Outcome {
  readonly code: number;
  readonly output: string;
}

/** Runs a program to its end. A program that fails is an outcome, not an error. */
export async function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env: Record<string, string> },
): Promise<Outcome> {
  const settings = { ...options, maxBuffer: 64 * 1024 * 1024 };
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, settings);
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout = "", stderr = "" } = Object(error);
    if (typeof code !== "number") throw error;
    return { code, output: stdout + stderr };
  }
}
