import { expect, test } from "vitest";
import { installed, run, startService } from "./tools.ts";

const python = installed("venv", "bin", "python");

test.skipIf(python === undefined).each(["boto3", "aws_cli", "caching"])(
  "%s works with the local Secrets Manager",
  async (client) => {
    await using service = await startService();
    const flags = ["-p", "no:cacheprovider", "--color=no", "-q"];
    const file = `test_${client}.py`;
    const env = service.environment;
    const { code, output } = await run(python ?? "", ["-m", "pytest", ...flags, file], {
      cwd: import.meta.dirname,
      env,
    });
    process.stdout.write(`${client}: ${output.trim().split("\n").at(-1)}\n`);
    expect(code, output).toBe(0);
  },
);
