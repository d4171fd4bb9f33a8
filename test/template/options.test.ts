import { describe, expect, it } from "vitest";
import { policy, withPlaceholders } from "./policies.ts";
import { createStack, type Parameters, propertiesOf } from "./stack.ts";
import { type Json, readTemplate } from "./template.ts";

const template = readTemplate();
const stackWith = (parameters: Parameters = {}) =>
  createStack(template, {
    engine: "postgres",
    strategy: "single-user",
    functionName: "rotate",
    ...parameters,
  });

const functionArn = `arn:\${Partition}:lambda:\${Region}:\${AccountId}:function:rotate`;
const VPC = { vpcSubnetIds: "subnet-1,subnet-2", vpcId: "vpc-1" };

describe("a stack with the required parameters only", () => {
  it("has a function, its role, permission and log group", () => {
    const { resources, outputs } = stackWith();
    expect(Object.keys(resources)).toEqual([
      "PostgresSingleUserFunction",
      "LogGroup",
      "InvokePermission",
      "Role",
      "FailedSteps",
      "FailuresForAPerson",
      "SucceededRotations",
      "FailuresByReasonQuery",
      "SlowestStepsQuery",
      "OneSecretQuery",
    ]);
    expect(outputs).toEqual({
      RotationLambdaARN: functionArn,
      RotationRoleArn: `\${Role.Arn}`,
      RotationRoleName: `\${Role}`,
      LogGroupName: `\${LogGroup}`,
    });
  });
});

describe("a role", () => {
  it("given as a parameter replaces the one of the template", () => {
    const { resources, outputs } = stackWith({ rotationRoleArn: "arn:role" });
    expect(resources.Role).toBeUndefined();
    expect(resources.PostgresSingleUserFunction?.Properties.Role).toBe("arn:role");
    expect(outputs).toMatchObject({ RotationRoleArn: "arn:role" });
    expect(outputs.RotationRoleName).toBeUndefined();
  });

  it("has the given path and boundary, and no boundary by default", () => {
    const given = { rolePath: "/rotation/", customPermissionBoundary: "arn:boundary" };
    expect(propertiesOf(stackWith(given), "Role")).toMatchObject({
      Path: "/rotation/",
      PermissionsBoundary: "arn:boundary",
    });
    expect(propertiesOf(stackWith(), "Role")).not.toHaveProperty("PermissionsBoundary");
  });
});

describe("a master-user function", () => {
  const master = { strategy: "master-user" };

  it("is refused without master secrets, unless an existing role is given", () => {
    expect(stackWith(master).brokenRules).toEqual([expect.stringContaining("masterSecretArn")]);
    expect(stackWith({ ...master, rotationRoleArn: "arn:role" }).brokenRules).toEqual([]);
  });

  it("reads several master secrets, and those alone", () => {
    const { resources } = stackWith({
      ...master,
      masterSecretArn: "arn:a,arn:b",
      masterSecretKmsKeyArn: "arn:k",
    });
    expect(JSON.stringify(resources.Role)).toContain(
      '"Action":"secretsmanager:GetSecretValue","Resource":["arn:a","arn:b"]',
    );
    expect(JSON.stringify(resources.Role)).toContain('"kms:EncryptionContext:SecretARN":["arn:a","arn:b"]');
  });

  it("is the only function that the parameters of master secrets affect", () => {
    const ofMaster = { masterSecretArn: "arn:a", masterSecretKmsKeyArn: "arn:k", databaseHost: "h" };
    expect(stackWith(ofMaster).resources).toEqual(stackWith().resources);
  });
});

describe("a function in a VPC", () => {
  it("is refused without a security group, or a VPC to create one in", () => {
    expect(stackWith({ vpcSubnetIds: "subnet-1" }).brokenRules).toEqual([
      expect.stringContaining("vpcSecurityGroupIds"),
    ]);
    expect(stackWith({ databaseSecurityGroupId: "sg-9" }).brokenRules).toEqual([
      expect.stringContaining("vpcId"),
    ]);
    expect(stackWith({ createSecretsManagerVpcEndpoint: "true" }).brokenRules).toEqual([
      expect.stringContaining("vpcId"),
    ]);
    const twoEndpoints = { ...VPC, createSecretsManagerVpcEndpoint: "true", endpoint: "https://e" };
    expect(stackWith(twoEndpoints).brokenRules).toEqual([expect.stringContaining("endpoint")]);
  });

  it("gets a security group that allows traffic to Secrets Manager and to the engine's port, and none from outside", () => {
    const stack = stackWith(VPC);
    expect(stack.brokenRules).toEqual([]);
    expect(Object.keys(stack.resources).toSorted()).toEqual(
      [...Object.keys(stackWith().resources), "FunctionSecurityGroup"].sort(),
    );
    const group = propertiesOf(stack, "FunctionSecurityGroup");
    expect(group.SecurityGroupIngress).toBeUndefined();
    expect(group.SecurityGroupEgress).toMatchObject([{ FromPort: 443 }, { FromPort: 5432, ToPort: 5432 }]);
    expect(propertiesOf(stack, "PostgresSingleUserFunction").VpcConfig).toMatchObject({
      SecurityGroupIds: [`\${FunctionSecurityGroup.GroupId}`],
    });
    expect(stack.outputs.SecurityGroupId).toBe(`\${FunctionSecurityGroup.GroupId}`);
    const mysql = propertiesOf(stackWith({ ...VPC, engine: "mysql" }), "FunctionSecurityGroup");
    expect(mysql.SecurityGroupEgress).toMatchObject([{}, { FromPort: 3306 }]);
  });

  it("reaches Secrets Manager and databases over IPv6 if it is allowed", () => {
    const stack = stackWith({ ...VPC, allowIpv6: "true" });
    expect(propertiesOf(stack, "PostgresSingleUserFunction").VpcConfig).toMatchObject({
      Ipv6AllowedForDualStack: true,
    });
    const { SecurityGroupEgress } = propertiesOf(stack, "FunctionSecurityGroup");
    const rules = SecurityGroupEgress as { FromPort: Json; CidrIp?: string; CidrIpv6?: string }[];
    expect(rules.map(({ FromPort, CidrIp, CidrIpv6 }) => [Number(FromPort), CidrIp ?? CidrIpv6])).toEqual([
      [443, "0.0.0.0/0"],
      [5432, "0.0.0.0/0"],
      [443, "::/0"],
      [5432, "::/0"],
    ]);
    const without = stackWith(VPC);
    expect(propertiesOf(without, "PostgresSingleUserFunction").VpcConfig).not.toHaveProperty(
      "Ipv6AllowedForDualStack",
    );
    expect(propertiesOf(without, "FunctionSecurityGroup").SecurityGroupEgress).toHaveLength(2);
  });

  it("may connect to the given database security group at the database's port", () => {
    const { resources } = stackWith({ ...VPC, databaseSecurityGroupId: "sg-9", databasePort: 6000 });
    expect(resources.DatabaseIngress?.Properties).toMatchObject({
      GroupId: "sg-9",
      SourceSecurityGroupId: `\${FunctionSecurityGroup.GroupId}`,
      FromPort: "6000",
      ToPort: "6000",
    });
  });

  it.each([
    ["its security group", {}, `\${FunctionSecurityGroup.GroupId}`],
    ["the first of the given ones", { vpcSecurityGroupIds: "sg-1,sg-2" }, "sg-1"],
  ])(
    "gets an endpoint for Secrets Manager that allows %s only, without private DNS",
    (_whom, groups, source) => {
      const stack = stackWith({ ...VPC, ...groups, createSecretsManagerVpcEndpoint: "true" });
      const { resources } = stack;
      expect(resources.SecretsManagerVpcEndpoint?.Properties).toMatchObject({
        ServiceName: `com.amazonaws.\${Region}.secretsmanager`,
        SubnetIds: ["subnet-1", "subnet-2"],
        // With private DNS all clients in the VPC would use this endpoint, which refuses them.
        PrivateDnsEnabled: false,
        PolicyDocument: expect.anything(),
      });
      const { PolicyDocument = null } = propertiesOf(stack, "SecretsManagerVpcEndpoint");
      expect(withPlaceholders(PolicyDocument, [[`\${Role.Arn}`, `\${RotationRoleArn}`]])).toEqual(
        policy("vpc-endpoint"),
      );
      expect(propertiesOf(stack, "PostgresSingleUserFunction")).toMatchObject({
        Environment: {
          Variables: { SECRETS_MANAGER_ENDPOINT: `https://\${SecretsManagerVpcEndpoint.Name}` },
        },
      });
      expect(resources.VpcEndpointSecurityGroup?.Properties.SecurityGroupIngress).toMatchObject([
        { FromPort: 443, ToPort: 443, SourceSecurityGroupId: source },
      ]);
    },
  );
});

describe("a schedule", () => {
  const secretArn = "arn:secret";

  it("depends on the permission, which depends on the function, which depends on its role; and does not rotate at deployment", () => {
    const { resources } = stackWith({ secretArn, schedule: "cron(0 3 1 * ? *) for 3h" });
    expect(resources.RotationSchedule).toMatchObject({
      DependsOn: "InvokePermission",
      Properties: {
        SecretId: "arn:secret",
        RotationLambdaARN: functionArn,
        RotationRules: { ScheduleExpression: "cron(0 3 1 * ? *)", Duration: "3h" },
        RotateImmediatelyOnUpdate: "false",
      },
    });
    expect(resources.InvokePermission?.Properties.FunctionName).toBe(`\${PostgresSingleUserFunction}`);
    expect(resources.PostgresSingleUserFunction?.Properties.Role).toBe(`\${Role.Arn}`);
    // The role is complete when it exists: its policies are part of it.
    expect(resources.Role?.Properties.Policies).toHaveLength(2);
  });

  it("is required with a secret and has no default, with which all stacks would rotate at the same time", () => {
    expect(stackWith({ secretArn }).brokenRules).toEqual([expect.stringContaining("schedule")]);
    expect(stackWith({ secretArn, schedule: "rate(30 days)" }).brokenRules).toEqual([]);
    expect(template.Parameters.schedule?.Default).toBe("");
  });

  it("leaves the window to AWS if none is given", () => {
    const { resources } = stackWith({ secretArn, schedule: "rate(30 days)" });
    expect(resources.RotationSchedule?.Properties.RotationRules).toEqual({
      ScheduleExpression: "rate(30 days)",
    });
  });

  it("is created for each of up to five secrets", () => {
    const arns = ["arn:a", "arn:b", "arn:c", "arn:d", "arn:e"];
    for (const count of [1, 2, 5]) {
      const given = arns.slice(0, count);
      const { resources } = stackWith({ secretArn: given.join(","), schedule: "rate(30 days)" });
      const schedules = Object.values(resources).filter(({ Type }) => Type.endsWith("::RotationSchedule"));
      expect(schedules.map(({ Properties }) => Properties.SecretId)).toEqual(given);
      expect(new Set(schedules.map(({ DependsOn }) => DependsOn))).toEqual(new Set(["InvokePermission"]));
      expect(new Set(schedules.map(({ Properties }) => JSON.stringify(Properties.RotationRules)))).toEqual(
        new Set(['{"ScheduleExpression":"rate(30 days)"}']),
      );
    }
  });
});

describe("the runtime, the code and the memory", () => {
  const properties = (parameters: Parameters) =>
    propertiesOf(stackWith(parameters), "PostgresSingleUserFunction");

  it("follow AWS's runtime updates unless a version is pinned", () => {
    expect(properties({}).RuntimeManagementConfig).toEqual({ UpdateRuntimeOn: "Auto" });
    const kept = { updateRuntimeOn: "Manual", runtimeVersionArn: "arn:runtime" };
    expect(properties(kept).RuntimeManagementConfig).toEqual({
      UpdateRuntimeOn: "Manual",
      RuntimeVersionArn: "arn:runtime",
    });
    expect(stackWith({ updateRuntimeOn: "Manual" }).brokenRules).toEqual([
      expect.stringContaining("runtimeVersionArn"),
    ]);
  });

  it("must meet a code signing configuration if one is given", () => {
    expect(properties({ codeSigningConfigArn: "arn:csc" }).CodeSigningConfigArn).toBe("arn:csc");
  });

  it("have the given size", () => {
    expect(properties({ memorySize: 1024 }).MemorySize).toBe("1024");
  });
});

describe("keys", () => {
  it("of the secrets may be several, and the role may use each of them", () => {
    const { resources } = stackWith({ kmsKeyArn: "arn:old,arn:new" });
    expect(JSON.stringify(resources.Role)).toContain(
      '"Action":["kms:Decrypt","kms:GenerateDataKey"],"Resource":["arn:old","arn:new"]',
    );
  });

  it("of the log group is the given customer managed key", () => {
    expect(propertiesOf(stackWith({ logGroupKmsKeyArn: "arn:k" }), "LogGroup").KmsKeyId).toBe("arn:k");
    expect(propertiesOf(stackWith(), "LogGroup")).not.toHaveProperty("KmsKeyId");
  });
});

describe("alarms", () => {
  const alarmTopicArn = "arn:topic";

  it("notify the topic about errors, throttles and failed rotations", () => {
    const { resources } = stackWith({ alarmTopicArn });
    for (const [id, metric] of [
      ["ErrorsAlarm", "Errors"],
      ["ThrottlesAlarm", "Throttles"],
    ] as const) {
      expect(resources[id]?.Properties).toMatchObject({
        Namespace: "AWS/Lambda",
        MetricName: metric,
        Dimensions: [{ Name: "FunctionName", Value: "rotate" }],
        AlarmActions: [alarmTopicArn],
      });
    }
    expect(resources.FailedRotations?.Properties).toMatchObject({
      EventPattern: { detail: { eventName: ["RotationFailed", "RotationAbandoned", "TestRotationFailed"] } },
      Targets: [{ Arn: alarmTopicArn }],
    });
  });

  it("leave out failed rotations if alarmOnEveryFailedRotation is false", () => {
    const { resources } = stackWith({ alarmTopicArn, alarmOnEveryFailedRotation: "false" });
    expect(resources.ErrorsAlarm).toBeDefined();
    expect(resources.FailedRotations).toBeUndefined();
  });
});

describe("signals from the function's own log", () => {
  it("count failures by reason and step, those for a person, and succeeded rotations, without any parameter", () => {
    const { resources } = stackWith({});
    const filters = ["FailedSteps", "FailuresForAPerson", "SucceededRotations"];
    for (const id of filters) {
      expect(resources[id]?.Properties).toMatchObject({
        LogGroupName: `\${LogGroup}`,
        MetricTransformations: [
          { MetricNamespace: "SecretRotation/rotate", MetricName: id, MetricValue: "1" },
        ],
      });
    }
    expect(resources.FailedSteps?.Properties).toMatchObject({
      MetricTransformations: [
        {
          Dimensions: [
            { Key: "reason", Value: "$.reason" },
            { Key: "step", Value: "$.step" },
          ],
        },
      ],
    });
    expect(resources.FailuresForAPersonAlarm).toBeUndefined();
  });

  it("ring without CloudTrail if there is a topic, and every alarm links the page of reasons", () => {
    const { resources } = stackWith({ alarmTopicArn: "arn:topic" });
    expect(resources.FailuresForAPersonAlarm?.Properties).toMatchObject({
      Namespace: "SecretRotation/rotate",
      MetricName: "FailuresForAPerson",
      AlarmActions: ["arn:topic"],
    });
    const alarms = Object.values(resources).filter(({ Type }) => Type === "AWS::CloudWatch::Alarm");
    expect(alarms).toHaveLength(3);
    for (const { Properties } of alarms) {
      expect(Object(Properties).AlarmDescription).toContain("/docs/troubleshooting.md");
    }
  });

  it("have saved queries, and a dashboard only if it is asked for", () => {
    const of = (type: string, parameters: Parameters) =>
      Object.values(stackWith(parameters).resources).filter(({ Type }) => Type === type);
    expect(of("AWS::Logs::QueryDefinition", {})).toHaveLength(3);
    expect(of("AWS::CloudWatch::Dashboard", {})).toEqual([]);
    const [dashboard] = of("AWS::CloudWatch::Dashboard", { createDashboard: "true" });
    const body = JSON.parse(String(Object(dashboard?.Properties).DashboardBody));
    expect(body.widgets).toHaveLength(3);
  });
});
