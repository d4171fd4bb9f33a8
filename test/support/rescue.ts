import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { ListSecretsCommand } from "@aws-sdk/client-secrets-manager";
import { expect } from "vitest";
import type { Stack } from "../../local/stack.ts";
import { findSecrets } from "./find-secrets.ts";
import { versions } from "./operator.ts";
import { preload } from "./preload.ts";

const MAIN = join(import.meta.dirname, "../../rescue/main.ts");

/** As whom the local Secrets Manager knows the operator's program. */
export const RESCUE_ACCESS_KEY = "AKIALOCALRESCUER00000";

/** For a program that is started often. */
const COMPILED = join(import.meta.dirname, "../../node_modules/.cache/rescue");

/** Standard input is taken for a terminal, at which somebody sits. */
const AT_A_TERMINAL = preload("process.stdin.isTTY=true");

export interface Rescued {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RescueOptions {
  /** PEM file of the authority of the database's certificate. */
  readonly caFile?: string | undefined;
  /** What is typed at each question, after something was done meanwhile. Without it, nobody is there to ask. */
  readonly answers?: readonly string[];
  /** Awaited before a question is answered. */
  readonly meanwhile?: () => Promise<unknown>;
  /** Besides the usual, or instead of it; what is undefined is not set. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** What `npm run rescue --` runs, as a person with AWS credentials would. */
export async function rescue(
  stack: Stack,
  args: readonly string[],
  options: RescueOptions = {},
): Promise<Rescued> {
  const { caFile, answers, environment } = options;
  const env = {
    PATH: process.env.PATH,
    NO_COLOR: "1",
    NODE_COMPILE_CACHE: COMPILED,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: stack.url,
    AWS_REGION: stack.secretsManager.region,
    AWS_ACCESS_KEY_ID: RESCUE_ACCESS_KEY,
    AWS_SECRET_ACCESS_KEY: "local",
    ...(caFile && { DATABASE_CA_FILE: caFile }),
    ...(answers && { NODE_OPTIONS: AT_A_TERMINAL }),
    ...environment,
  };
  const program = spawn(process.execPath, [MAIN, ...args], { env });
  const ended = await attended(program, options);
  await expectSilent(stack, args, ended);
  return ended;
}

async function attended(program: ChildProcess, { answers = [], meanwhile }: RescueOptions): Promise<Rescued> {
  let [stdout, stderr, asked] = ["", "", 0];
  program.stdout?.on("data", (chunk) => {
    stdout += chunk;
  });
  program.stderr?.on("data", async (chunk) => {
    stderr += chunk;
    if (!String(chunk).includes("[y/N]")) return;
    const answer = answers[asked++] ?? "";
    await meanwhile?.();
    program.stdin?.write(`${answer}\n`);
  });
  if (answers.length === 0) program.stdin?.end();
  const [exitCode] = await once(program, "close");
  return { exitCode, stdout, stderr };
}

/** No password that any secret of the account ever had is printed. */
async function expectSilent(
  stack: Stack,
  args: readonly string[],
  { stdout, stderr }: Rescued,
): Promise<void> {
  const passwords = await passwordsOf(stack);
  expect(
    findSecrets(passwords, [...args, stdout, stderr].join("\n")),
    "passwords in what rescue prints",
  ).toEqual([]);
}

export async function passwordsOf(stack: Stack): Promise<string[]> {
  const { SecretList = [] } = await stack.operator.send(new ListSecretsCommand({ MaxResults: 100 }));
  const passwords: string[] = [];
  for (const { ARN } of SecretList) {
    for (const VersionId of await versions(stack, String(ARN))) {
      const value = await stack.value(String(ARN), { VersionId }).catch(() => undefined);
      if (typeof value?.password === "string") passwords.push(value.password);
    }
  }
  return passwords;
}
