import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { functionId } from "../../build/new-engine/names.ts";
import { withoutTransform } from "../../deploy/release/template.ts";
import { COMBINATIONS, title } from "../template/combinations.ts";
import { expectRotationStack } from "../template/expected-stack.ts";
import { createStack, type Parameters, propertiesOf, type Stack } from "../template/stack.ts";
import { parseTemplate, ROOT, readTemplate } from "../template/template.ts";

const VERSION = "1.2.3";
const text = withoutTransform(readFileSync(join(ROOT, "template.yaml"), "utf8"), VERSION);
const released = parseTemplate(text);
const source = readTemplate();

const code = { codeBucket: "code" };

/** Parameters beside those of the combinations, so that every condition is met once. */
const OPTIONS: Record<string, Parameters> = {
  nothing: {},
  alarms: { alarmTopicArn: "arn:topic" },
  dashboard: { createDashboard: "true" },
  "alarms, but not of rotations": { alarmTopicArn: "arn:topic", alarmOnEveryFailedRotation: "false" },
  "a role of its own": { rotationRoleArn: "arn:role" },
  "a boundary and a path": { customPermissionBoundary: "arn:boundary", rolePath: "/rotation/" },
  "five schedules": { secretArn: "arn:a,arn:b,arn:c,arn:d,arn:e", schedule: "cron(0 3 1 * ? *) for 3h" },
  "a new security group and an endpoint": {
    vpcSubnetIds: "subnet-1",
    vpcSecurityGroupIds: "",
    vpcId: "vpc-1",
    databaseSecurityGroupId: "sg-9",
    databasePort: 6000,
    allowIpv6: "true",
    createSecretsManagerVpcEndpoint: "true",
  },
  "everything about the function": {
    endpoint: "https://e",
    databaseCaFile: "/opt/ca.pem",
    excludeCharacters: "%",
    databaseHost: "h",
    updateRuntimeOn: "Manual",
    runtimeVersionArn: "arn:runtime",
    codeSigningConfigArn: "arn:csc",
    logGroupKmsKeyArn: "arn:k",
    memorySize: 512,
    architecture: "x86_64",
  },
};

/** What is left of a stack when functions of both kinds, and where they have their code from, count as one. */
function comparable({ resources, ...rest }: Stack) {
  const alike = Object.entries(resources).map(([id, { Type, Metadata: _, Properties, ...resource }]) => {
    const { CodeUri: _uri, Code: _code, ...properties } = Properties;
    return [id, { ...resource, Type: Type.replace("Serverless", "Lambda"), Properties: properties }];
  });
  return { ...rest, resources: Object.fromEntries(alike) };
}

describe("the template without a transform", () => {
  it("has no transform, nothing of AWS SAM, and the size that StackSets accept", () => {
    expect(released).not.toHaveProperty("Transform");
    expect(released).not.toHaveProperty("Globals");
    expect(text).not.toMatch(/Serverless|CodeUri|SkipBuild/);
    expect(Buffer.byteLength(text)).toBeLessThan(1_000_000);
  });

  it("has the same parameters, but for those of the code, and the same rules, mappings and outputs", () => {
    const { codeBucket, codePrefix, codeBucketPerRegion, ...parameters } = released.Parameters;
    expect(parameters).toEqual(source.Parameters);
    expect(codeBucket).not.toHaveProperty("Default");
    expect(codePrefix?.Default).toBe(`secrets-manager-rotation-functions/${VERSION}/`);
    expect(codeBucketPerRegion?.Default).toBe("false");
    expect(released.Rules).toEqual(source.Rules);
    expect(released.Mappings).toEqual(source.Mappings);
    expect(released.Outputs).toEqual(source.Outputs);
    const { CodeBucketPerRegion: _, ...conditions } = released.Conditions;
    expect(conditions).toEqual(source.Conditions);
    const grouped = released.Metadata["AWS::CloudFormation::Interface"].ParameterGroups.flatMap(
      (group) => group.Parameters,
    );
    expect(grouped.toSorted()).toEqual(Object.keys(released.Parameters).sort());
  });

  const cases = COMBINATIONS.map((combination) => [title(combination), combination] as const);

  it.each(cases)("%s: creates what template.yaml creates, with any of the options", (_title, combination) => {
    expectRotationStack(createStack(released, { ...combination.parameters, ...code }), combination);
    for (const [name, options] of Object.entries(OPTIONS)) {
      const parameters = { ...combination.parameters, ...options };
      const ours = createStack(released, { ...parameters, ...code });
      expect(comparable(ours), name).toEqual(comparable(createStack(source, parameters)));
    }
  });

  it("creates every resource in at least one of the cases above", () => {
    const met = new Set(
      COMBINATIONS.flatMap(({ parameters }) =>
        Object.values(OPTIONS).flatMap((options) => {
          const given = { ...parameters, ...options, ...code };
          return Object.keys(createStack(released, given).resources);
        }),
      ),
    );
    expect([...met].sort()).toEqual(Object.keys(released.Resources).sort());
  });

  it("has each function's code from its own zip file, in one bucket or in one of the Region", () => {
    for (const { engine, strategy, parameters } of COMBINATIONS) {
      const codeOf = (more: Parameters) =>
        propertiesOf(createStack(released, { ...parameters, ...more }), functionId(engine, strategy)).Code;
      const key = `secrets-manager-rotation-functions/${VERSION}/${engine}-${strategy}.zip`;
      expect(codeOf(code)).toEqual({ S3Bucket: "code", S3Key: key });
      expect(codeOf({ ...code, codeBucketPerRegion: "true", codePrefix: "x/" })).toEqual({
        S3Bucket: `code-\${Region}`,
        S3Key: `x/${engine}-${strategy}.zip`,
      });
    }
  });

  it("cannot be made if a function has a property that AWS::Lambda::Function does not have", () => {
    const template = readFileSync(join(ROOT, "template.yaml"), "utf8");
    const other = template.replace(
      "    Runtime: nodejs24.x",
      "    Runtime: nodejs24.x\n    AutoPublishAlias: live",
    );
    expect(() => withoutTransform(other, VERSION)).toThrow("AutoPublishAlias");
  });
});
