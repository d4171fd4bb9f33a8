import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMBINATIONS, type Combination, title } from "../template/combinations.ts";
import { policiesFor, policy, withPlaceholders } from "../template/policies.ts";
import { ACCEPTED, REFUSED, rulesOf } from "../template/schedules.ts";
import { type Json, ROOT } from "../template/template.ts";
import { has, PROVIDER_MIRROR } from "./tools.ts";

// Under Terraform itself, with the schema of AWS's provider and every resource mocked. The provider cannot be had here.

const installed = spawnSync("terraform", ["version"]).status === 0;
const ACCOUNT = "123456789012";

describe.skipIf(!installed || !has(PROVIDER_MIRROR))("the Terraform module", () => {
  let folder: string;
  let module: string;
  const terraform = (parameters: string[], cwd = module) => {
    const { status, stdout, stderr } = spawnSync("terraform", [...parameters, "-no-color"], {
      cwd,
      encoding: "utf8",
      env: {
        ...process.env,
        CHECKPOINT_DISABLE: "1",
        TF_CLI_CONFIG_FILE: join(folder, "terraform.rc"),
        TF_PLUGIN_CACHE_DIR: "",
      },
      maxBuffer: 64 * 2 ** 20,
    });
    return { status, output: `${stdout}${stderr}`, stdout };
  };

  // With what stands around it, as in a checkout; Terraform leaves files behind.
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "terraform-"));
    module = join(folder, "deploy/terraform");
    for (const part of ["deploy/terraform", "policies", "engines.json", "release"]) {
      cpSync(join(ROOT, part), join(folder, part), { recursive: true });
    }
    const mirror = `filesystem_mirror {\n path = "${PROVIDER_MIRROR}"\n include = ["registry.terraform.io/hashicorp/aws"]\n}`;
    writeFileSync(join(folder, "terraform.rc"), `provider_installation {\n${mirror}\n}\n`);
    expect(terraform(["init", "-input=false"])).toMatchObject({ status: 0 });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("is formatted and valid", () => {
    expect(terraform(["fmt", "-check", "-recursive"])).toMatchObject({ status: 0, stdout: "" });
    expect(terraform(["validate"]).output).toContain("The configuration is valid.");
  });

  it("passes its own tests", () => {
    const { status, output } = terraform(["test"]);
    expect(output).toMatch(/Success! 1\d passed, 0 failed\./);
    expect(status).toBe(0);
  });

  it.each(["single-user", "complete"])("has a valid example %s", (name) => {
    const example = join(module, "examples", name);
    expect(terraform(["init", "-input=false"], example)).toMatchObject({ status: 0 });
    expect(terraform(["validate"], example).output).toContain("The configuration is valid.");
  });

  it("finds its policies in the released zip file, too", () => {
    const released = join(folder, "released");
    mkdirSync(released);
    execFileSync("python3", ["-m", "zipfile", "-e", join(ROOT, "release/terraform.zip"), released]);
    expect(terraform(["init", "-input=false"], released)).toMatchObject({ status: 0 });
    writeFileSync(
      join(released, "tests/one.tftest.hcl"),
      `${MOCKS}\nrun "one" {\n variables {\n${BASE}\n}\n}`,
    );
    const { output } = terraform(["test", "-filter=tests/one.tftest.hcl"], released);
    expect(output).toContain("1 passed, 0 failed.");
  });

  it("gives the role the statements of policies/ in every combination", () => {
    const runs = COMBINATIONS.map(
      (combination, index) => `run "n${index}" {\n variables {\n${variables(combination)} }\n}`,
    );
    writeTest("combinations", [MOCKS, ...runs]);
    const { stdout } = terraform(["test", "-json", "-verbose", "-filter=tests/combinations.tftest.hcl"]);
    const states = stdout
      .split("\n")
      .flatMap((line) => (line.startsWith("{") ? [JSON.parse(line)] : []))
      .filter(({ type }) => type === "test_state");

    expect(states).toHaveLength(COMBINATIONS.length);
    for (const [index, combination] of COMBINATIONS.entries()) {
      const { "@testrun": run, test_state } = states[index] ?? {};
      expect(run).toBe(`n${index}`);
      const resources: { type: string; index?: string; values: Record<string, string> }[] =
        test_state.root_module.resources;
      const policies = resources.flatMap(({ type, values }) =>
        type === "aws_iam_role_policy" ? [[values.name, filledIn(values.policy ?? "")] as const] : [],
      );
      expect(Object.fromEntries(policies), title(combination)).toEqual(
        Object.fromEntries(policiesFor(combination).map((name) => [name, policy(name)])),
      );
      const role = resources.find(({ type }) => type === "aws_iam_role");
      expect(filledIn(role?.values.assume_role_policy ?? "")).toEqual(policy("trust"));
    }
  });

  it("takes the schedules that AWS takes", () => {
    const secrets = ACCEPTED.map((schedule, index) => secret(`n${index}`, schedule));
    writeTest("accepted", [
      MOCKS,
      `run "all" {\n command = plan\n variables {\n${BASE}\n secrets = {\n${secrets.join("\n")}\n}\n}\n}`,
    ]);
    expect(terraform(["test", "-filter=tests/accepted.tftest.hcl"]).output).toContain("1 passed, 0 failed.");
  });

  it("refuses the schedules that AWS refuses", () => {
    const runs = REFUSED.map(
      (schedule, index) =>
        `run "n${index}" {\n command = plan\n variables {\n${BASE}\n secrets = {\n${secret("one", schedule)}\n}\n}\n expect_failures = [var.secrets]\n}`,
    );
    writeTest("refused", [MOCKS, ...runs]);
    expect(terraform(["test", "-filter=tests/refused.tftest.hcl"]).output).toContain(
      `${REFUSED.length} passed, 0 failed.`,
    );
  });

  function writeTest(name: string, parts: string[]): void {
    writeFileSync(join(module, `tests/${name}.tftest.hcl`), parts.join("\n\n"));
  }
});

const BASE =
  'engine = "postgres"\n strategy = "single-user"\n function_name = "rotate"\n package = { s3_bucket = "b", s3_key = "k" }';

function secret(key: string, schedule: string): string {
  const { ScheduleExpression, Duration } = rulesOf(schedule);
  const window = Duration ? `, duration = "${Duration}"` : "";
  return `${key} = { arn = "arn:${key}", schedule = "${ScheduleExpression}"${window} }`;
}

/** The names of the placeholders in policies/, where a value of the module takes their place. */
const FILLED_IN: [string | RegExp, string][] = [
  [`arn:aws:lambda:eu-central-1:${ACCOUNT}:function:rotate`, `\${RotationLambdaArn}`],
  [`arn:aws:logs:eu-central-1:${ACCOUNT}:log-group:/aws/lambda/rotate`, `\${LogGroupArn}`],
  ["arn:aws:", `arn:\${Partition}:`],
  ["eu-central-1", `\${Region}`],
  [ACCOUNT, `\${AccountId}`],
  ["amazonaws.com.test", `\${UrlSuffix}`],
];

function filledIn(document: string): Json {
  return withPlaceholders(JSON.parse(document), FILLED_IN);
}

const MOCKS = `mock_provider "aws" {
  mock_data "aws_caller_identity" { defaults = { account_id = "${ACCOUNT}" } }
  mock_data "aws_partition" { defaults = { partition = "aws", dns_suffix = "amazonaws.com.test" } }
  mock_data "aws_region" { defaults = { region = "eu-central-1" } }
  mock_resource "aws_iam_role" { defaults = { arn = "arn:aws:iam::${ACCOUNT}:role/rotate" } }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:${ACCOUNT}:log-group:/aws/lambda/rotate" }
  }
}`;

/** With the placeholders of policies/ as values, but for their dollar signs. */
function variables({ engine, strategy, inVpc, withKeys }: Combination): string {
  const masterUser = strategy === "master-user";
  const placeholder = (name: string) => `["$\${${name}}"]`;
  return [
    `engine = "${engine}"`,
    `strategy = "${strategy}"`,
    'function_name = "rotate"',
    'package = { s3_bucket = "b", s3_key = "k" }',
    ...(masterUser ? [`master_secret_arns = ${placeholder("MasterSecretArn")}`] : []),
    ...(inVpc ? ['subnet_ids = ["subnet-1", "subnet-2"]', 'security_group_ids = ["sg-1"]'] : []),
    ...(withKeys ? [`kms_key_arns = ${placeholder("SecretKeyArn")}`] : []),
    ...(withKeys && masterUser ? [`master_secret_kms_key_arns = ${placeholder("MasterSecretKeyArn")}`] : []),
  ]
    .map((line) => `  ${line}\n`)
    .join("");
}
