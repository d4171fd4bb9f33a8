import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { UsageError } from "../../local/command-line.ts";
import { parseArguments } from "../../local/secrets-manager/command-line.ts";

/** The program of `npm run secrets-manager`, from its arguments to Ctrl-C. */

const MAIN = join(import.meta.dirname, "../../local/secrets-manager/main.ts");

/** A rotation function that promotes the value "sentinel-next", with nothing but fetch. */
const BUNDLE = `
const call = async (operation, input) => {
  const response = await fetch(process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER, {
    method: "POST",
    headers: { authorization: "Credential=function/x", "x-amz-target": "secretsmanager." + operation },
    body: JSON.stringify(input),
  });
  if (!response.ok) throw new Error(operation);
  return response.json();
};
export const handler = async ({ Step, SecretId, ClientRequestToken, RotationToken }) => {
  const version = { SecretId, ClientRequestToken, RotationToken };
  if (Step === "createSecret") {
    await call("PutSecretValue", { ...version, SecretString: "sentinel-next", VersionStages: ["AWSPENDING"] });
  }
  if (Step === "finishSecret") {
    const { VersionId } = await call("GetSecretValue", { SecretId });
    const move = { VersionStage: "AWSCURRENT", RemoveFromVersionId: VersionId, MoveToVersionId: ClientRequestToken };
    await call("UpdateSecretVersionStage", { SecretId, ...move });
  }
};
`;

async function post(url: string, operation: string, input: object, authorization = "Credential=test/x") {
  const headers = { authorization, "x-amz-target": `secretsmanager.${operation}` };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(input) });
  return response.json();
}

/** Runs the program until the work is done, then stops it by Ctrl-C. */
async function withProgram(args: string[], work: (url: string, lines: string[]) => Promise<void>) {
  const program = spawn(process.execPath, [MAIN, "--port", "0", ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  const listening = Promise.withResolvers<string>();
  createInterface({ input: program.stdout }).on("line", (line) => {
    lines.push(line);
    const [url] = /http:\/\/127\.0\.0\.1:[0-9]+/.exec(line) ?? [];
    if (url !== undefined) listening.resolve(url);
  });
  try {
    await work(await listening.promise, lines);
  } finally {
    program.kill("SIGINT");
    expect(await once(program, "exit")).toEqual([0, null]);
  }
  return lines;
}

async function bundleFolder(source: string): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "secrets-manager-"));
  await writeFile(join(path, "index.mjs"), source);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

test("the program rotates with a registered function, prints every request but no value, and stops on Ctrl-C", async () => {
  await using folder = await bundleFolder(BUNDLE);
  const lines = await withProgram(["--function", `example=${folder.path}`], async (url, printed) => {
    await post(url, "CreateSecret", {
      Name: "app",
      ClientRequestToken: "t".repeat(32),
      SecretString: "sentinel-first",
    });
    await post(url, "RotateSecret", {
      SecretId: "app",
      ClientRequestToken: "r".repeat(32),
      RotationLambdaARN: "arn:aws:lambda:us-east-1:123456789012:function:example",
    });
    await expect
      .poll(() => printed.some((line) => line.startsWith("rotationSucceeded")), { timeout: 20_000 })
      .toBe(true);
    expect(await post(url, "GetSecretValue", { SecretId: "app" })).toMatchObject({
      SecretString: "sentinel-next",
    });
  });
  expect(
    lines.filter((line) => /^\S+ app ok [0-9.]+ ms$/.test(line)).map((line) => line.split(" ")[0]),
  ).toEqual([
    "CreateSecret",
    "RotateSecret",
    "PutSecretValue",
    "GetSecretValue",
    "UpdateSecretVersionStage",
    "GetSecretValue",
  ]);
  expect(lines.join("\n")).not.toContain("sentinel");
  expect(lines.at(-1)).toBe("Stopped.");
});

test("gives a function the variables of --env and the Region of its ARN", async () => {
  await using folder = await bundleFolder(`export const handler = async () => {
    console.log([process.env.PASSWORD_LENGTH, process.env.EMPTY, process.env.EQUALS, process.env.AWS_REGION].join("|"));
  };`);
  const variables = ["PASSWORD_LENGTH=40", "EMPTY=", "EQUALS=a=b"].flatMap((one) => ["--env", one]);
  const args = ["--function", `example=${folder.path}`, ...variables];
  const credential = "Credential=test/20260101/eu-west-1/secretsmanager/aws4_request";
  await withProgram(args, async (url, printed) => {
    const token = "t".repeat(32);
    const secret = { Name: "app", ClientRequestToken: token, SecretString: "first" };
    expect(await post(url, "CreateSecret", secret, credential)).toMatchObject({
      ARN: expect.stringMatching(/^arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-/),
    });
    const rotation = (region: string) => ({
      SecretId: "app",
      ClientRequestToken: "r".repeat(32),
      RotationLambdaARN: `arn:aws:lambda:${region}:123456789012:function:example`,
    });
    expect(await post(url, "RotateSecret", rotation("us-east-1"), credential)).toMatchObject({
      __type: "AccessDeniedException",
    });
    await post(url, "RotateSecret", rotation("eu-west-1"), credential);
    await expect.poll(() => printed.join("\n"), { timeout: 20_000 }).toContain('"40||a=b|eu-west-1"');
  });
});

const main = (...args: string[]) => promisify(execFile)(process.execPath, [MAIN, ...args]);

test("prints its options with --help", async () => {
  expect((await main("--help")).stdout).toContain("--function NAME=BUNDLE");
});

test("the program refuses bad arguments in one line, without repeating a variable's value", async () => {
  const failed = await main("--env", "1A=sentinel").catch((error: unknown) => error);
  expect(failed).toMatchObject({ code: 2, stdout: "", stderr: expect.not.stringContaining("sentinel") });
  expect(Object(failed).stderr.trim().split("\n")).toHaveLength(1);
});

test.each([
  [["--port", "x"]],
  [["--port=65536"]],
  [["--function", "x"]],
  [["--region", "x"]],
  [["--env", "A=b"]],
  [["--env", "=b"]],
  [["--unknown"]],
])("%s is refused", (args) => {
  expect(() => parseArguments(args)).toThrow(UsageError);
});
