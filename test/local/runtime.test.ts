import { describe, expect, it } from "vitest";
import { functionFrom, logged } from "./bundle.ts";
import { isRunning } from "./processes.ts";

describe("the handler", () => {
  it("gets the event and a context", async () => {
    await using tested = await functionFrom(
      `export const handler = async (event, context) => {
        console.log({ ...context, event, remaining: context.getRemainingTimeInMillis() });
      };`,
      { timeoutSeconds: 5, memoryMegabytes: 512 },
    );
    await tested.invoke({ Step: "createSecret", SecretId: "naïve" });
    expect(logged(tested)).toEqual([
      {
        event: { Step: "createSecret", SecretId: "naïve" },
        awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        functionName: "rotate",
        functionVersion: "$LATEST",
        invokedFunctionArn: tested.arn,
        memoryLimitInMB: "512",
        logGroupName: "/aws/lambda/rotate",
        logStreamName: "local/rotate",
        remaining: expect.any(Number),
      },
    ]);
    const [context] = logged<{ remaining: number }>(tested);
    expect(context?.remaining).toBeGreaterThan(4000);
    expect(context?.remaining).toBeLessThanOrEqual(5000);
  });

  it("has passed on everything it wrote to stdout and stderr when the invocation ends", async () => {
    await using tested = await functionFrom(`export const handler = async () => {
      for (let i = 0; i < 2000; i++) process.stdout.write("out " + "x".repeat(60) + i + "\\n");
      process.stderr.write("err, without a line end");
    };`);
    await tested.invoke({});
    expect(tested.lines.filter((line) => line.startsWith("out "))).toHaveLength(2000);
    await tested.kill();
    expect(tested.lines).toHaveLength(2001);
  });

  it("logs JSON", async () => {
    await using tested = await functionFrom(`export const handler = async () => {
      console.warn("%s tables", 3);
      console.info({ step: "setSecret" });
    };`);
    await tested.invoke({});
    const common = { timestamp: expect.any(String), requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) };
    expect(tested.lines.map((line) => JSON.parse(line))).toEqual([
      { ...common, level: "WARN", message: "3 tables" },
      { ...common, level: "INFO", message: { step: "setSecret" } },
    ]);
  });
});

describe("an error of the handler", () => {
  it("rejects the invocation, is logged with its properties and causes, and does not end the process", async () => {
    await using tested = await functionFrom(`export const handler = async ({ fail }) => {
      if (!fail) return console.log(process.pid);
      throw Object.assign(new TypeError("no such table", { cause: new Error("hidden") }), { sql: "SELECT 1" });
    };`);
    await tested.invoke({});
    await expect(tested.invoke({ fail: true })).rejects.toMatchObject({
      name: "TypeError",
      message: "no such table",
      payload: {
        errorType: "TypeError",
        errorMessage: "no such table",
        trace: expect.arrayContaining(["TypeError: no such table"]),
      },
    });
    await tested.invoke({});
    const [before, error, after] = tested.lines.map((line) => JSON.parse(line));
    expect(after.message).toBe(before.message);
    expect(error).toMatchObject({
      level: "ERROR",
      message: { errorType: "TypeError", errorMessage: "no such table", sql: "SELECT 1" },
    });
    expect(tested.lines.join()).not.toContain("hidden");
  });

  it("may be any value that can be thrown", async () => {
    await using tested = await functionFrom('export const handler = () => { throw "a string"; };');
    await expect(tested.invoke({})).rejects.toMatchObject({ name: "string", message: "a string" });
  });
});

describe("an invocation that takes too long", () => {
  it("ends with its process killed, even if it never yields", async () => {
    await using tested = await functionFrom(
      "export const handler = async ({ hang }) => { console.log(process.pid); while (hang); };",
      { timeoutSeconds: 0.4 },
    );
    await tested.invoke({});
    await expect(tested.invoke({ hang: true })).rejects.toThrow(
      /^RequestId: [0-9a-f-]{36} Error: Task timed out after 0\.40 seconds$/,
    );
    await tested.invoke({});
    const [first = 0, second, third] = logged<number>(tested);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
    expect(isRunning(first)).toBe(false);
  });
});

describe("a process that ends", () => {
  it.each([
    ["process.exit(3)", "Runtime exited with error: exit status 3"],
    ["process.exit(0)", "Runtime exited without providing a reason"],
    ["process.kill(process.pid, 'SIGKILL')", "Runtime exited with error: signal: killed"],
    ["setImmediate(() => { throw new Error('late'); })", "Runtime exited with error: exit status 1"],
  ])("by %s rejects the invocation", async (ending, reason) => {
    await using tested = await functionFrom(
      `export const handler = async () => { ${ending}; await new Promise((r) => setTimeout(r, 9000)); };`,
    );
    await expect(tested.invoke({})).rejects.toMatchObject({
      name: "Runtime.ExitError",
      message: expect.stringMatching(new RegExp(`^RequestId: [0-9a-f-]{36} Error: ${reason}$`)),
    });
  });
});

describe("an init that fails", () => {
  it.each([
    ["throw new RangeError('no TLS')", "RangeError", "no TLS"],
    ["await Promise.reject(new Error('later'))", "Error", "later"],
    ["export const handler = (", "Runtime.UserCodeSyntaxError", "SyntaxError: Unexpected end of input"],
    ["export const other = 1", "Runtime.HandlerNotFound", "index.handler is undefined or not exported"],
    ["process.exit(1)", "Runtime.ExitError", "Runtime exited with error: exit status 1"],
    [
      "export const handler = (event, context, callback) => callback()",
      "Runtime.CallbackHandlerDeprecated",
      "has removed support for callback-based function handlers",
    ],
  ])("(%s) rejects the invocation", async (source, name, message) => {
    await using tested = await functionFrom(source);
    await expect(tested.invoke({})).rejects.toMatchObject({
      name,
      message: expect.stringContaining(message),
    });
  });
});
