import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { expect } from "vitest";
import { exitStatus } from "../../local/command-line.ts";
import { OPERATOR_ACCESS_KEY, type Stack } from "../../local/stack.ts";
import { rescue as command, describe } from "../../rescue/command.ts";
import { findSecrets } from "./find-secrets.ts";
import { preload } from "./preload.ts";

const MAIN = join(import.meta.dirname, "../../rescue/main.ts");

/** Access key by which the local Secrets Manager recognizes `npm run rescue`, the operator's program. */
export const RESCUE_ACCESS_KEY = "AKIALOCALRESCUER00000";

/** Compile cache for programs that start often. */
const COMPILED = join(import.meta.dirname, "../../node_modules/.cache/compiled");

/** Makes the program take its standard input for a terminal at which a person sits. */
const AT_A_TERMINAL = preload("process.stdin.isTTY=true");

export interface Rescued {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

export interface RescueOptions {
  /** PEM file of the CA of the database's certificate. */
  readonly caFile?: string | undefined;
  /**
   * Input for each question, after `meanwhile`. Without answers, standard input is no terminal and the program cannot
   * ask.
   */
  readonly answers?: readonly string[];
  /** Awaited before each answer. */
  readonly meanwhile?: () => Promise<unknown>;
  /** Variables besides the usual ones, or in place of them. An undefined value removes the variable. */
  readonly environment?: Environment;
}

type Account = Pick<Stack, "url" | "secretsManager">;

/**
 * Runs a command in this process, which takes a tenth of the time of a process of its own. Only one command runs at a
 * time, because it replaces the environment variables of this process.
 */
export async function rescue(
  account: Account,
  args: readonly string[],
  options: RescueOptions = {},
): Promise<Rescued> {
  const ended = await runHere(args, environmentOf(account, options), options);
  expectSilent(account, args, ended);
  return ended;
}

/** Runs the same program as `npm run rescue --` in a process of its own, as a person with AWS credentials would. */
export async function rescueProcess(
  account: Account,
  args: readonly string[],
  options: RescueOptions = {},
): Promise<Rescued> {
  const env = {
    ...environmentOf(account, options),
    NODE_COMPILE_CACHE: COMPILED,
    ...(options.answers && { NODE_OPTIONS: AT_A_TERMINAL }),
  };
  const program = spawn(process.execPath, [MAIN, ...args], { env });
  const closed = once(program, "close").then(([exitCode]) => exitCode);
  const ended = await attended(program, options, closed);
  expectSilent(account, args, ended);
  return ended;
}

/** Runs a command in this process with no environment variables but these. */
export async function runHere(
  args: readonly string[],
  environment: Environment = {},
  options: RescueOptions = {},
): Promise<Rescued> {
  const streams = {
    stdin: Object.assign(new PassThrough(), { isTTY: options.answers !== undefined }),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
  };
  const status = withEnvironment(environment, () =>
    exitStatus(() => command(args, streams), describe, streams.stderr),
  ).finally(() => {
    streams.stdout.end();
    streams.stderr.end();
  });
  return await attended(streams, options, status);
}

function environmentOf(account: Account, { caFile, environment }: RescueOptions) {
  return {
    PATH: process.env.PATH,
    NO_COLOR: "1",
    AWS_ENDPOINT_URL_SECRETS_MANAGER: account.url,
    AWS_REGION: account.secretsManager.region,
    AWS_ACCESS_KEY_ID: RESCUE_ACCESS_KEY,
    AWS_SECRET_ACCESS_KEY: "local",
    ...(caFile && { DATABASE_CA_FILE: caFile }),
    ...environment,
  };
}

let taken = false;

/** Replaces the environment variables of this process while the work lasts. */
async function withEnvironment<T>(environment: Environment, work: () => Promise<T>): Promise<T> {
  if (taken) throw new Error("Two commands cannot have an environment of their own at the same time.");
  taken = true;
  const usual = process.env;
  process.env = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined));
  try {
    return await work();
  } finally {
    process.env = usual;
    taken = false;
  }
}

interface Pipes {
  readonly stdin: NodeJS.WritableStream;
  readonly stdout: NodeJS.ReadableStream;
  readonly stderr: NodeJS.ReadableStream;
}

/** Answers the questions of a command, and reads what it prints. */
async function attended(
  { stdin, stdout, stderr }: Pipes,
  { answers = [], meanwhile }: RescueOptions,
  ended: Promise<number | null>,
): Promise<Rescued> {
  const printed = { stdout: "", stderr: "" };
  let asked = 0;
  stdout.on("data", (chunk) => {
    printed.stdout += chunk;
  });
  stderr.on("data", async (chunk) => {
    printed.stderr += chunk;
    if (!String(chunk).includes("[y/N]")) return;
    const answer = answers[asked++] ?? "";
    await meanwhile?.();
    stdin.write(`${answer}\n`);
  });
  if (answers.length === 0) stdin.end();
  const [exitCode] = await Promise.all([ended, once(stdout, "end"), once(stderr, "end")]);
  return { exitCode, ...printed };
}

/** Fails if the program printed a password that any secret of the account ever had. */
function expectSilent(account: Account, args: readonly string[], { stdout, stderr }: Rescued): void {
  const found = findSecrets(passwordsOf(account), [...args, stdout, stderr].join("\n"));
  expect(found, "passwords in what rescue prints").toEqual([]);
}

/**
 * Passwords of all versions of all secrets. Read in this process: over HTTP, this would take longer than the tested
 * command.
 */
export function passwordsOf({ secretsManager }: Pick<Stack, "secretsManager">): string[] {
  const call = (operation: string, input: object) =>
    Object(secretsManager.call(operation, input, OPERATOR_ACCESS_KEY));
  const passwords: string[] = [];
  const { SecretList } = call("ListSecrets", { MaxResults: 100 });
  for (const { ARN: SecretId } of SecretList) {
    const listed = call("ListSecretVersionIds", { SecretId, IncludeDeprecated: true, MaxResults: 100 });
    for (const { VersionId } of listed.Versions) {
      const value = parsed(() => call("GetSecretValue", { SecretId, VersionId }).SecretString);
      if (typeof value?.password === "string") passwords.push(value.password);
    }
  }
  return passwords;
}

/** Undefined if there is no value, or if the value is not JSON. */
function parsed(read: () => string): { readonly password?: unknown } | undefined {
  try {
    return JSON.parse(read());
  } catch {
    return undefined;
  }
}
