import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { installed, run, startService } from "./tools.ts";

const java = installed("java");

test.skipIf(java === undefined)(
  "AWS's caching client for Java works with the local Secrets Manager",
  async () => {
    await using service = await startService();
    const classpath = (await readFile(`${java}/classpath`, "utf8")).trim();
    const { code, output } = await run("java", ["-cp", classpath, `${java}/Caching.java`], {
      env: service.environment,
    });
    expect(code, output).toBe(0);
    expect(output.split("\n").filter((line) => /^(first|second|binary|true)/.test(line))).toEqual([
      "first",
      "binary",
      "first",
      "true second",
    ]);
    expect(new Set(service.operations)).toEqual(
      new Set(["CreateSecret", "DescribeSecret", "GetSecretValue", "PutSecretValue"]),
    );
  },
);
