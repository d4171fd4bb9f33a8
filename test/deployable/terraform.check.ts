import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { policy } from "../template/policies.ts";
import { type Json, ROOT } from "../template/template.ts";
import { has, program, run } from "./tools.ts";

// The providers come from a registry of their own, so that nothing here can plan: this checks what needs none.

const TERRAFORM = "terraform";
const EXAMPLE = "examples/terraform";
const POLICIES = [
  ...["trust", "rotation-single-user", "rotation-master-user", "logs"],
  ...["secret-key", "master-secret-key", "network", "network-not-for-code"],
];
const source = (name: string) => readFileSync(join(ROOT, "policies", `${name}.json`), "utf8");
const placeholders = new Set(
  POLICIES.flatMap((name) => [...source(name).matchAll(/\$\{(\w+)\}/g)].map(([, key = ""]) => key)),
);

describe.skipIf(!has(program("python")))("the example for Terraform", () => {
  it("parses, makes what the template makes, and knows every placeholder of the policies that it uses", async () => {
    const files = await run(program("python"), [
      join(import.meta.dirname, "parse-hcl.py"),
      join(ROOT, EXAMPLE),
    ]);
    const types = [...files.matchAll(/"\\"(aws_\w+|archive_file)\\""/g)].map(([, type]) => type);
    expect(new Set(types)).toEqual(
      new Set([
        ...[
          "aws_lambda_function",
          "aws_lambda_permission",
          "aws_iam_role",
          "aws_iam_role_policy",
          "archive_file",
        ],
        ...["aws_cloudwatch_log_group", "aws_secretsmanager_secret_rotation"],
        ...["aws_caller_identity", "aws_partition", "aws_region"],
      ]),
    );
    const { locals } = JSON.parse(files)["role.tf"];
    expect(Object.keys(locals[0].placeholders)).toEqual(expect.arrayContaining([...placeholders]));
    const names = POLICIES.filter((name) => !/^(trust|rotation-)/.test(name));
    expect(names.filter((name) => !locals[0].policy_names.includes(`"${name}"`))).toEqual([]);
  });
});

const terraform = (parameters: string[], cwd: string, input = "") =>
  spawnSync(TERRAFORM, parameters, {
    cwd,
    input,
    encoding: "utf8",
    env: { ...process.env, CHECKPOINT_DISABLE: "1" },
  });
const installed = terraform(["version"], tmpdir()).status === 0;

describe.skipIf(!installed)("terraform itself", () => {
  it("finds the example well formatted", () => {
    expect(terraform(["fmt", "-check", "-recursive"], join(ROOT, EXAMPLE))).toMatchObject({
      status: 0,
      stdout: "",
    });
  });

  it.each(POLICIES)("renders policies/%s.json with templatefile", (name) => {
    const folder = mkdtempSync(join(tmpdir(), "terraform-"));
    try {
      const values = [...placeholders].map((key) => `${key} = "<${key}>"`).join(", ");
      const file = join(ROOT, "policies", `${name}.json`);
      const expression = `base64encode(templatefile("${file}", {${values}}))`;
      const { stdout, stderr } = terraform(["console"], folder, expression);
      const rendered: Json = JSON.parse(
        Buffer.from(stdout.replaceAll('"', ""), "base64").toString() || stderr,
      );
      const expected = JSON.stringify(policy(name)).replace(/\$\{(\w+)\}/g, "<$1>");
      expect(JSON.parse(JSON.stringify(rendered))).toMatchObject({ Version: "2012-10-17" });
      expect(compact(rendered)).toBe(compact(JSON.parse(expected)));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** Without the lists of one that `policy` takes apart. */
function compact(json: Json): string {
  return JSON.stringify(json, (_key, value: unknown) =>
    Array.isArray(value) && value.length === 1 && typeof value[0] === "string" ? value[0] : value,
  );
}
