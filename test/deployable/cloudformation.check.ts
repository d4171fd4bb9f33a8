import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMBINATIONS, title } from "../template/combinations.ts";
import { policiesFor, policy, withPlaceholders } from "../template/policies.ts";
import { type Parameters, withoutConditions } from "../template/stack.ts";
import { ROOT, readTemplate } from "../template/template.ts";
import { DECLINED } from "./declined.ts";
import { type LocalS3, startLocalS3 } from "./local-s3.ts";
import { has, program, run } from "./tools.ts";

const RELEASED = "release/template.yaml";
const REGIONS = ["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1"];

describe.skipIf(!has(program("cfn-lint")))("cfn-lint", () => {
  const declined = DECLINED.map(({ rule }) => rule).filter((rule) => /^[EW]\d/.test(rule));

  it.each([
    ["template.yaml", []],
    ["examples/aurora-postgresql/template.yaml", []],
    [RELEASED, ["--ignore-checks", ...declined]],
  ])("finds nothing in %s, for the Regions of every partition", async (template, ignored) => {
    const options = ["--include-checks", "W", "--regions", ...REGIONS, ...ignored];
    expect(await run(program("cfn-lint"), ["--template", template, ...options])).toBe("");
  });
});

/** moto decides no conditions inside of lists, and knows no alarms, rules of security groups or rotation schedules. */
describe.skipIf(!has(program("moto_server")))("a stack of the release template", () => {
  const ACCOUNT = "123456789012";
  const KEYS = ["a", "b"].map((id) => `arn:aws:kms:us-east-1:${ACCOUNT}:key/${id}`);
  const MASTER_KEY = `arn:aws:kms:us-east-1:${ACCOUNT}:key/master`;
  const MASTER = `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:master-d4E5f6`;
  const FILLED_IN: [string | RegExp, string][] = [
    [/arn:aws:lambda:us-east-1:123456789012:function:rotate\b/g, `\${RotationLambdaArn}`],
    [/arn:aws:logs:us-east-1:123456789012:log-group:\/aws\/lambda\/rotate\b/g, `\${LogGroupArn}`],
    [MASTER, `\${MasterSecretArn}`],
    [JSON.stringify(KEYS), `"\${SecretKeyArn}"`],
    [MASTER_KEY, `\${MasterSecretKeyArn}`],
    ["arn:aws:", `arn:\${Partition}:`],
    ["us-east-1", `\${Region}`],
    [ACCOUNT, `\${AccountId}`],
    [/(?<=secretsmanager\.\$\{Region\}\.)amazonaws\.com/g, `\${UrlSuffix}`],
  ];
  let aws: LocalS3;
  beforeAll(async () => {
    aws = await startLocalS3("code");
  });
  afterAll(() => aws[Symbol.asyncDispose]());

  // In a VPC, with keys: all that a role may have.
  const cases = COMBINATIONS.filter(({ inVpc, withKeys }) => inVpc && withKeys);

  it.each(cases.map((combination) => [title(combination), combination] as const))(
    "is created, updated and deleted: %s",
    async (_title, combination) => {
      const { engine, strategy } = combination;
      const parameters: Parameters = {
        engine,
        strategy,
        functionName: "rotate",
        codeBucket: "code",
        kmsKeyArn: KEYS.join(","),
        ...(strategy === "master-user" && { masterSecretArn: MASTER, masterSecretKmsKeyArn: MASTER_KEY }),
        vpcSubnetIds: "subnet-01234567",
        vpcSecurityGroupIds: "sg-01234567",
      };
      const released = readTemplate(RELEASED);
      const folder = await mkdtemp(join(tmpdir(), "stack-"));
      try {
        const key = `${released.Parameters.codePrefix?.Default}${engine}-${strategy}.zip`;
        await aws.put("code", key, await readFile(join(ROOT, `release/${engine}-${strategy}.zip`)));
        const template = join(folder, "template.json");
        await writeFile(template, JSON.stringify(withoutConditions(released, parameters)));

        const script = join(import.meta.dirname, "stack.py");
        const output = await run(program("python"), [script, aws.url, template, JSON.stringify(parameters)]);
        const { created, updated, left } = JSON.parse(output);

        expect(created).toMatchObject({
          status: "CREATE_COMPLETE",
          configuration: { Runtime: "nodejs24.x", Handler: "index.handler", MemorySize: 256, Timeout: 30 },
          permission: [{ Action: "lambda:InvokeFunction" }],
          outputs: { RotationLambdaARN: `arn:aws:lambda:us-east-1:${ACCOUNT}:function:rotate` },
        });
        const documents = Object.fromEntries(
          policiesFor(combination).map((name) => [name, withPlaceholders(created.policies[name], FILLED_IN)]),
        );
        expect(Object.keys(created.policies).sort()).toEqual(policiesFor(combination).sort());
        expect(documents).toEqual(
          Object.fromEntries(policiesFor(combination).map((name) => [name, policy(name)])),
        );
        expect(updated).toMatchObject({ status: "UPDATE_COMPLETE" });
        expect(left).toEqual([]);
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );
});
