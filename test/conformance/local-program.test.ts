import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { expect, test } from "vitest";

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

async function post(url: string, operation: string, input: object): Promise<unknown> {
  const headers = { authorization: "Credential=test/x", "x-amz-target": `secretsmanager.${operation}` };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(input) });
  return response.json();
}

test("it rotates with a registered function, prints every request but no value, and stops on Ctrl-C", async () => {
  const folder = await mkdtemp(join(tmpdir(), "secrets-manager-"));
  await writeFile(join(folder, "index.mjs"), BUNDLE);
  const program = spawn(process.execPath, [MAIN, "--port", "0", "--function", `example=${folder}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  const rotated = Promise.withResolvers<void>();
  const listening = Promise.withResolvers<string>();
  createInterface({ input: program.stdout }).on("line", (line) => {
    lines.push(line);
    if (line.startsWith("rotationSucceeded")) rotated.resolve();
    const [url] = /http:\/\/127\.0\.0\.1:[0-9]+/.exec(line) ?? [];
    if (url !== undefined) listening.resolve(url);
  });
  try {
    const url = await listening.promise;
    const token = "t".repeat(32);
    await post(url, "CreateSecret", {
      Name: "app",
      ClientRequestToken: token,
      SecretString: "sentinel-first",
    });
    await post(url, "RotateSecret", {
      SecretId: "app",
      ClientRequestToken: "r".repeat(32),
      RotationLambdaARN: "arn:aws:lambda:us-east-1:123456789012:function:example",
    });
    await rotated.promise;
    expect(await post(url, "GetSecretValue", { SecretId: "app" })).toMatchObject({
      SecretString: "sentinel-next",
    });
  } finally {
    program.kill("SIGINT");
    expect(await once(program, "exit")).toEqual([0, null]);
    await rm(folder, { recursive: true });
  }
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

const main = (...args: string[]) => promisify(execFile)(process.execPath, [MAIN, ...args]);

test("it explains itself, and refuses bad arguments in one line", async () => {
  expect((await main("--help")).stdout).toContain("--function NAME=BUNDLE");
  for (const bad of [["--port", "x"], ["--port=65536"], ["--function", "x"], ["--unknown"]]) {
    const failed = await main(...bad).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 2, stdout: "" });
    expect(Object(failed).stderr.trim().split("\n")).toHaveLength(1);
  }
});
