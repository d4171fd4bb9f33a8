import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMBINATIONS, title } from "../template/combinations.ts";
import { DEFAULT_MEMORY } from "../template/expected-stack.ts";
import { policiesFor, policy, rolePolicies, withPlaceholders } from "../template/policies.ts";
import { ACCEPTED, REFUSED } from "../template/schedules.ts";
import { createStack, type Stack } from "../template/stack.ts";
import type { Json, JsonObject } from "../template/template.ts";
import { ROOT } from "../template/template.ts";
import { CDK_PROJECT, has, run } from "./tools.ts";

/** What the project and CloudFormation put in the place of the placeholders of policies/. */
const FILLED_IN: [string | RegExp, string][] = [
  [`arn:\${Partition}:lambda:\${Region}:\${AccountId}:function:rotate`, `\${RotationLambdaArn}`],
  [/arn:\$\{Partition\}:logs:\$\{Region\}:\$\{AccountId\}:log-group:\$\{\w+\}/g, `\${LogGroupArn}`],
  ["arn:aws:secretsmanager:us-east-1:123456789012:secret:master-d4E5f6", `\${MasterSecretArn}`],
  ["arn:aws:kms:us-east-1:123456789012:key/secret", `\${SecretKeyArn}`],
  ["arn:aws:kms:us-east-1:123456789012:key/master", `\${MasterSecretKeyArn}`],
];

describe.skipIf(!has(join(CDK_PROJECT, "node_modules/aws-cdk-lib")))("the construct for the CDK", () => {
  let folder: string;
  let refusals: string[];
  const bin = (name: string) => join(CDK_PROJECT, "node_modules/.bin", name);
  const stackOf = (name: string): Stack =>
    createStack(
      {
        Outputs: {},
        ...JSON.parse(readFileSync(join(CDK_PROJECT, `cdk.out/${name}.template.json`), "utf8")),
      },
      {},
    );
  const ofType = ({ resources }: Stack, type: string) =>
    Object.entries(resources).filter(([, { Type }]) => Type === type);
  const properties = (stack: Stack, type: string) =>
    ofType(stack, type).map(([, { Properties }]) => Properties);

  // Packed as it is published, and installed in a project that has nothing of this repository.
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "cdk-"));
    for (const part of ["deploy/cdk", "policies", "dist", "engines.json"]) {
      cpSync(join(ROOT, part), join(folder, part), {
        recursive: true,
        filter: (source) => !source.includes("node_modules"),
      });
    }
    symlinkSync(join(CDK_PROJECT, "node_modules"), join(folder, "deploy/cdk/node_modules"));
    await run("npm", ["pack", "--pack-destination", folder], { cwd: join(folder, "deploy/cdk") });
    const { version } = JSON.parse(readFileSync(join(ROOT, "deploy/cdk/package.json"), "utf8"));
    const tarball = join(folder, `secrets-manager-rotation-functions-cdk-${version}.tgz`);
    for (const file of ["app.ts", "older.cts", "tsconfig.json"]) {
      cpSync(join(import.meta.dirname, "cdk-project", file), join(CDK_PROJECT, file));
    }
    await run("npm", ["install", "--no-save", "--no-audit", "--no-fund", tarball], { cwd: CDK_PROJECT });
    const { stdout, stderr, status } = spawnSync(process.execPath, ["app.ts"], {
      cwd: CDK_PROJECT,
      encoding: "utf8",
      input: JSON.stringify([...ACCEPTED, ...REFUSED]),
    });
    expect(status, stderr).toBe(0);
    refusals = JSON.parse(stdout);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("has types that a project compiles with, whether its modules are ES or CommonJS", async () => {
    expect(await run(bin("tsc"), [], { cwd: CDK_PROJECT })).toBe("");
    const program = `console.log(typeof require("secrets-manager-rotation-functions-cdk").RotationFunction)`;
    expect(await run(process.execPath, ["-e", program], { cwd: CDK_PROJECT })).toContain("function\n");
  });

  it("has the version of the repository", () => {
    const read = (file: string) => JSON.parse(readFileSync(join(ROOT, file), "utf8")).version;
    expect(read("deploy/cdk/package.json")).toBe(read("package.json"));
  });

  it.each(COMBINATIONS.map((combination) => [title(combination), combination] as const))(
    "%s: one function with its role, policies, permission and log group",
    (_title, combination) => {
      const { engine, strategy, inVpc, withKeys } = combination;
      const stack = stackOf(`${engine}-${strategy}-${inVpc}-${withKeys}`);
      const [lambda, ...more] = properties(stack, "AWS::Lambda::Function");
      expect(more).toEqual([]);
      expect(lambda).toMatchObject({
        FunctionName: "rotate",
        Runtime: "nodejs24.x",
        Architectures: ["arm64"],
        Handler: "index.handler",
        MemorySize: DEFAULT_MEMORY,
        Timeout: 30,
        LoggingConfig: { LogFormat: "JSON", ApplicationLogLevel: "INFO" },
      });
      expect(lambda?.VpcConfig).toEqual(
        inVpc ? { SubnetIds: ["subnet-1", "subnet-2"], SecurityGroupIds: ["sg-1"] } : undefined,
      );
      expect(properties(stack, "AWS::IAM::Policy")).toEqual([]);
      const [role, ...roles] = properties(stack, "AWS::IAM::Role");
      expect(roles).toEqual([]);
      expect(withPlaceholders(role?.AssumeRolePolicyDocument ?? null)).toEqual(policy("trust"));
      expect(rolePolicies(role ?? {}, FILLED_IN)).toEqual(
        Object.fromEntries(policiesFor(combination).map((name) => [name, policy(name)])),
      );
      expect(properties(stack, "AWS::Lambda::Permission")).toMatchObject([
        { Principal: "secretsmanager.amazonaws.com", SourceAccount: `\${AccountId}` },
      ]);
    },
  );

  describe("with everything", () => {
    const everything = () => stackOf("Everything");

    it("has one permission, of this account, also where a secret's own addRotationSchedule() asks for one", () => {
      const permissions = ofType(everything(), "AWS::Lambda::Permission");
      expect(permissions.map(([, { Properties }]) => Properties.SourceAccount)).toEqual([`\${AccountId}`]);
      const schedules = ofType(everything(), "AWS::SecretsManager::RotationSchedule");
      expect(schedules).toHaveLength(4);
      for (const [, { DependsOn = [] }] of schedules) {
        expect([DependsOn].flat()).toContain(permissions[0]?.[0]);
      }
    });

    it("adds nothing to the role that policies/ does not have", () => {
      const [role] = properties(everything(), "AWS::IAM::Role");
      expect(role).toMatchObject({
        Path: "/rotation/",
        PermissionsBoundary: "arn:aws:iam::123456789012:policy/b",
      });
      const policies = (role?.Policies ?? []) as { PolicyName: string }[];
      const names = policies.map(({ PolicyName }) => PolicyName);
      expect(names).toEqual([
        "rotation-master-user",
        "logs",
        "secret-key",
        "master-secret-key",
        "network",
        "network-not-for-code",
      ]);
    });

    it("is a grantee and has connections", () => {
      // The only policy beside those of policies/: that of grantDecrypt(rotation).
      const [policyOfGrant, ...more] = properties(everything(), "AWS::IAM::Policy");
      expect(more).toEqual([]);
      const [[roleId = ""] = []] = ofType(everything(), "AWS::IAM::Role");
      expect(policyOfGrant).toMatchObject({
        Roles: [`\${${roleId}}`],
        PolicyDocument: {
          Statement: [{ Action: "kms:Decrypt", Resource: expect.stringMatching(/^\$\{OtherKey\w+\.Arn\}$/) }],
        },
      });
      const ingress = properties(everything(), "AWS::EC2::SecurityGroupIngress");
      expect(ingress).toEqual(
        expect.arrayContaining([expect.objectContaining({ FromPort: 3306, ToPort: 3306 })]),
      );
    });

    it("has an endpoint for the function alone", () => {
      const [endpoint] = properties(everything(), "AWS::EC2::VPCEndpoint");
      expect(endpoint).toMatchObject({ PrivateDnsEnabled: false });
      const document = withPlaceholders(endpoint?.PolicyDocument ?? null, [
        [/\$\{RotationRole\w+\.Arn\}/g, `\${RotationRoleArn}`],
      ]);
      expect(sorted(document)).toEqual(sorted(policy("vpc-endpoint")));
      const [lambda] = properties(everything(), "AWS::Lambda::Function");
      expect(lambda?.Environment).toEqual({
        Variables: {
          MASTER_SECRET_ARN: expect.stringContaining("Master"),
          DATABASE_HOST: "db.internal",
          SECRETS_MANAGER_ENDPOINT: expect.stringMatching(/^https:\/\/\$\{Rotation/),
          CONNECTION_URL_KEYS: "DATABASE_URL,spring.datasource.url",
          PASSWORD_LENGTH: "40",
        },
      });
      expect(lambda).toMatchObject({ MemorySize: 512, VpcConfig: { Ipv6AllowedForDualStack: true } });
      expect(lambda?.RuntimeManagementConfig).toEqual({ UpdateRuntimeOn: "FunctionUpdate" });
    });

    it("alarms on errors, throttles and failed rotations, and has its topic admit them", () => {
      expect(properties(everything(), "AWS::CloudWatch::Alarm").map(({ MetricName }) => MetricName)).toEqual([
        "Errors",
        "Throttles",
        "FailuresForAPerson",
      ]);
      expect(properties(everything(), "AWS::Logs::MetricFilter")).toHaveLength(3);
      expect(properties(everything(), "AWS::Logs::QueryDefinition")).toHaveLength(3);
      expect(properties(everything(), "AWS::Events::Rule")).toMatchObject([
        {
          EventPattern: {
            detail: { eventName: ["RotationFailed", "RotationAbandoned", "TestRotationFailed"] },
          },
        },
      ]);
      const admitted = JSON.stringify(properties(everything(), "AWS::SNS::TopicPolicy"));
      expect(admitted).toContain("events.amazonaws.com");
      expect(admitted).toContain("cloudwatch.amazonaws.com");
    });

    it("gives each secret its own time, and rotates nothing at deployment", () => {
      const own = ofType(everything(), "AWS::SecretsManager::RotationSchedule").filter(([id]) =>
        id.startsWith("Rotation"),
      );
      const rules = own.map(([, { Properties }]) => Properties.RotationRules as JsonObject);
      expect(new Set(rules.map(({ ScheduleExpression }) => ScheduleExpression)).size).toBe(3);
      expect(rules).toContainEqual({ ScheduleExpression: "cron(0 21 ? * SUN *)", Duration: "3h" });
      expect(new Set(own.map(([, { Properties }]) => Properties.RotateImmediatelyOnUpdate))).toEqual(
        new Set([false]),
      );
    });
  });

  it("takes the schedules that AWS takes, and refuses the others", () => {
    const accepted = refusals.slice(0, ACCEPTED.length);
    expect(accepted).toEqual(ACCEPTED.map(() => "accepted"));
    for (const [index, schedule] of REFUSED.entries()) {
      expect(refusals[ACCEPTED.length + index], schedule).toMatch(
        /^(AWS does not accept|A schedule in hours|The window of)/,
      );
    }
  });
});

/** IAM does not mind the order of actions, which the CDK sorts. */
function sorted(document: Json): Json {
  return JSON.parse(
    JSON.stringify(document, (_key, value: unknown) => (Array.isArray(value) ? [...value].sort() : value)),
  );
}
