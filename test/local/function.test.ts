import { describe, expect, it } from "vitest";
import { functionFrom, logged } from "./bundle.ts";
import { isRunning } from "./processes.ts";

describe("a function's process", () => {
  it("has Lambda's environment variables and the function's own, and none of the parent process", async () => {
    process.env.PGPASSWORD = "a developer's";
    await using tested = await functionFrom(
      "export const handler = async () => console.log({ ...process.env });",
      { environment: { EXCLUDE_CHARACTERS: "/@" }, accessKeyId: "ASIAEXAMPLE", region: "eu-west-1" },
    );
    await tested.invoke({});
    expect(logged(tested)).toEqual([
      {
        AWS_ACCESS_KEY_ID: "ASIAEXAMPLE",
        AWS_DEFAULT_REGION: "eu-west-1",
        AWS_ENDPOINT_URL_SECRETS_MANAGER: "http://127.0.0.1:9",
        AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "256",
        AWS_LAMBDA_FUNCTION_NAME: "rotate",
        AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
        AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
        AWS_LAMBDA_LOG_FORMAT: "JSON",
        AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/rotate",
        AWS_LAMBDA_LOG_STREAM_NAME: "local/rotate",
        AWS_LAMBDA_RUNTIME_API: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
        AWS_REGION: "eu-west-1",
        AWS_SECRET_ACCESS_KEY: expect.any(String),
        AWS_SESSION_TOKEN: expect.any(String),
        EXCLUDE_CHARACTERS: "/@",
        HOME: "/home/sbx_user1051",
        LAMBDA_RUNTIME_DIR: "/var/runtime",
        LAMBDA_TASK_ROOT: expect.stringContaining("bundle-"),
        LANG: "en_US.UTF-8",
        PATH: "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        TZ: ":UTC",
        _HANDLER: "index.handler",
        _X_AMZN_TRACE_ID: expect.stringContaining("Root=1-"),
      },
    ]);
  });

  it("serves the next invocation too", async () => {
    await using tested = await functionFrom(
      "let invocations = 0; export const handler = async () => console.log(++invocations);",
    );
    for (let i = 0; i < 3; i++) await tested.invoke({});
    expect(logged(tested)).toEqual([1, 2, 3]);
  });

  it("does not serve a concurrent invocation, which gets a process of its own", async () => {
    await using tested = await functionFrom(
      "export const handler = async () => { console.log(process.pid); await new Promise((r) => setTimeout(r, 300)); };",
    );
    await Promise.all([tested.invoke({}), tested.invoke({}), tested.invoke({})]);
    expect(new Set(logged(tested)).size).toBe(3);
    await tested.invoke({});
    expect(new Set(logged(tested)).size).toBe(3);
  });

  it("ends with its child processes when the function is disposed of", async () => {
    const tested = await functionFrom(`
      import { spawn } from "node:child_process";
      export const handler = async () => console.log([process.pid, spawn("sleep", ["60"], { stdio: "inherit" }).pid]);`);
    await tested.invoke({});
    const [pids = []] = logged<number[]>(tested);
    expect(pids.map(isRunning)).toEqual([true, true]);
    await tested[Symbol.asyncDispose]();
    expect(pids.map(isRunning)).toEqual([false, false]);
    await expect(tested.invoke({})).rejects.toThrow("has been disposed of");
  });

  it("is ended by kill() in the middle of an invocation; the next one gets a new process", async () => {
    await using tested = await functionFrom(
      "export const handler = async ({ wait }) => { console.log(process.pid); await new Promise((r) => setTimeout(r, wait)); };",
    );
    await tested.invoke({ wait: 0 });
    const rejection = expect(tested.invoke({ wait: 60_000 })).rejects.toMatchObject({
      name: "Runtime.ExitError",
      message: expect.stringContaining("signal: killed"),
    });
    await tested.kill();
    await rejection;
    await tested.invoke({ wait: 0 });
    const pids = logged<number>(tested);
    expect([isRunning(pids[0] ?? 0), isRunning(pids.at(-1) ?? 0)]).toEqual([false, true]);
  });

  it("survives its timeout while it is frozen, and ends its invocation after SIGCONT", async () => {
    await using tested = await functionFrom(
      "export const handler = async ({ wait }) => { await new Promise((r) => setTimeout(r, wait)); console.log(process.pid); };",
      { timeoutSeconds: 1 },
    );
    await tested.invoke({ wait: 0 });
    const rejection = expect(tested.invoke({ wait: 200 })).rejects.toMatchObject({
      name: "Sandbox.Timedout",
    });
    await using frozen = tested.freeze();
    await rejection;
    await tested.invoke({ wait: 0 });
    const [first = 0, second = 0] = logged<number>(tested);
    expect([isRunning(first), second === first]).toEqual([true, false]);
    await frozen.wake();
    expect(logged(tested)).toEqual([first, second, first]);
    await frozen[Symbol.asyncDispose]();
    expect([isRunning(first), isRunning(second)]).toEqual([false, true]);
  });
});

describe("startFunction", () => {
  it("takes the path of the module, or of its folder", async () => {
    await using tested = await functionFrom("export const handler = async () => {};");
    expect(tested.arn).toBe("arn:aws:lambda:us-east-1:123456789012:function:rotate");
    await tested.invoke({});
  });

  it("reports that the bundle is not built yet", async () => {
    await expect(functionFrom("", { bundle: "/nowhere" })).rejects.toThrow(
      "There is no bundle at /nowhere/index.mjs. Build it first: npm run build",
    );
  });

  it("refuses the environment variables that Lambda refuses", async () => {
    await expect(functionFrom("", { environment: { AWS_REGION: "x", TABLE: "y" } })).rejects.toThrow(
      "Lambda reserves these environment variables: AWS_REGION",
    );
  });
});
