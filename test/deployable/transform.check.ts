import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { functionId } from "../../build/new-engine/names.ts";
import { COMBINATIONS, title } from "../template/combinations.ts";
import { expectRotationStack } from "../template/expected-stack.ts";
import { createStack, propertiesOf } from "../template/stack.ts";
import { readTemplate, type Template } from "../template/template.ts";
import { ENVIRONMENT, has, program } from "./tools.ts";

const python = program("python");

/** What CloudFormation gets to see: the template after the transform, conditions and all. */
function transformed(): Template {
  const { stdout, stderr, status } = spawnSync(python, [join(import.meta.dirname, "transform.py")], {
    input: JSON.stringify(readTemplate()),
    encoding: "utf8",
    env: ENVIRONMENT,
    maxBuffer: 64 * 2 ** 20,
  });
  if (status !== 0) {
    throw new Error(stderr);
  }
  return JSON.parse(stdout);
}

describe.skipIf(!has(program("sam")))("what the SAM transform makes of the template", () => {
  const template = has(program("sam")) ? transformed() : readTemplate();

  it("has the same resources, and no others", () => {
    expect(Object.keys(template.Resources).sort()).toEqual(Object.keys(readTemplate().Resources).sort());
    expect(JSON.stringify(template)).not.toContain("AWS::Serverless");
  });

  it.each(COMBINATIONS.map((combination) => [title(combination), combination] as const))(
    "%s: one function with its role, policies, permission and log group",
    (_title, combination) => {
      const stack = createStack(template, combination.parameters);
      expectRotationStack(stack, combination);
      const { engine, strategy } = combination;
      expect(propertiesOf(stack, functionId(engine, strategy)).Code).toEqual({
        S3Bucket: "bucket",
        S3Key: `dist/${engine}-${strategy}`,
      });
    },
  );
});
