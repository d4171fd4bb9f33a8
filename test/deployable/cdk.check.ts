import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { policy, rolePolicies } from "../template/policies.ts";
import { createStack, type Stack } from "../template/stack.ts";
import { CDK_EXAMPLE, has, run } from "./tools.ts";

const example = join(CDK_EXAMPLE, "examples/cdk");
const cdkProgram = (name: string) => join(example, "node_modules/.bin", name);

const NAME = "rotate-postgres-master-user";
/** What app.ts and CloudFormation put in the place of the placeholders of policies/. */
const FILLED_IN: [string | RegExp, string][] = [
  [`arn:\${Partition}:lambda:\${Region}:\${AccountId}:function:${NAME}`, `\${RotationLambdaArn}`],
  [/arn:\$\{Partition\}:logs:\$\{Region\}:\$\{AccountId\}:log-group:\$\{\w+\}/g, `\${LogGroupArn}`],
  ["arn:aws:secretsmanager:us-east-1:123456789012:secret:master-d4E5f6", `\${MasterSecretArn}`],
  [/arn:aws:kms:[\w:/-]+/g, `\${SecretKeyArn}`],
];

describe.skipIf(!has(cdkProgram("cdk")))("the example for the CDK", () => {
  const properties = ({ resources }: Stack, type: string) =>
    Object.values(resources)
      .filter(({ Type }) => Type === type)
      .map(({ Properties }) => Properties);

  it("compiles", async () => {
    expect(await run(cdkProgram("tsc"), [], { cwd: example })).toBe("");
  });

  it("makes the function with the role, policies and permission of the template", async () => {
    await run(cdkProgram("cdk"), ["synth", "--quiet", "--no-notices"], { cwd: example });
    const file = join(example, "cdk.out/RotatePostgresMasterUser.template.json");
    const stack = createStack(JSON.parse(await readFile(file, "utf8")), {});

    const [lambda] = properties(stack, "AWS::Lambda::Function");
    expect(lambda).toMatchObject({
      FunctionName: NAME,
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
      Handler: "index.handler",
      MemorySize: 256,
      Timeout: 30,
      LoggingConfig: { LogFormat: "JSON" },
    });
    expect(properties(stack, "AWS::Lambda::Permission")).toMatchObject([
      { Principal: "secretsmanager.amazonaws.com", SourceAccount: `\${AccountId}` },
    ]);
    expect(properties(stack, "AWS::SecretsManager::RotationSchedule")).toMatchObject([
      { RotateImmediatelyOnUpdate: false },
    ]);
    expect(properties(stack, "AWS::IAM::Policy")).toEqual([]);
    const [role, ...more] = properties(stack, "AWS::IAM::Role");
    expect(more).toEqual([]);
    const names = ["rotation-master-user", "logs", "secret-key", "network", "network-not-for-code"];
    expect(rolePolicies(role ?? {}, FILLED_IN)).toEqual(
      Object.fromEntries(names.map((name) => [name, policy(name)])),
    );
  });
});
