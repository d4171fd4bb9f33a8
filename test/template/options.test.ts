import { describe, expect, it } from "vitest";
import { createStack, type Parameters, propertiesOf } from "./stack.ts";
import { readTemplate } from "./template.ts";

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

describe("a stack with nothing but what is required", () => {
  it("is a function, its role, permission and log group", () => {
    const { resources, outputs } = stackWith();
    expect(Object.keys(resources)).toEqual([
      "PostgresSingleUserFunction",
      "LogGroup",
      "InvokePermission",
      "Role",
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
  it("of one's own takes the place of the one that is made", () => {
    const { resources, outputs } = stackWith({ rotationRoleArn: "arn:role" });
    expect(resources.Role).toBeUndefined();
    expect(resources.PostgresSingleUserFunction?.Properties.Role).toBe("arn:role");
    expect(outputs).toMatchObject({ RotationRoleArn: "arn:role" });
    expect(outputs.RotationRoleName).toBeUndefined();
  });

  it("has the path and the boundary that are given, and no boundary otherwise", () => {
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

  it("is refused without master secrets, unless the role is somebody's own", () => {
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

  it("is the only one that a master's parameters do anything to", () => {
    const ofMaster = { masterSecretArn: "arn:a", masterSecretKmsKeyArn: "arn:k", databaseHost: "h" };
    expect(stackWith(ofMaster).resources).toEqual(stackWith().resources);
  });
});

describe("a function in a VPC", () => {
  it("is refused without a security group, or a VPC to make one in", () => {
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

  it("gets a security group that lets it out to Secrets Manager and to the engine's port, and lets nothing in", () => {
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

  it("is let in to the database whose security group is given, at its port", () => {
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
    "gets an endpoint for Secrets Manager that lets in %s alone, and leads nobody else there",
    (_whom, groups, source) => {
      const stack = stackWith({ ...VPC, ...groups, createSecretsManagerVpcEndpoint: "true" });
      const { resources } = stack;
      expect(resources.SecretsManagerVpcEndpoint?.Properties).toMatchObject({
        ServiceName: `com.amazonaws.\${Region}.secretsmanager`,
        SubnetIds: ["subnet-1", "subnet-2"],
        // Private DNS gives Secrets Manager's name to this endpoint for everybody in the VPC, who then get no answer.
        PrivateDnsEnabled: false,
      });
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
  it("comes after the permission, which comes after the function, which comes after its role; and waits for its time", () => {
    const { resources } = stackWith({ secretArn: "arn:secret" });
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
});

describe("alarms", () => {
  const alarmTopicArn = "arn:topic";

  it("tell the topic of errors, throttles and rotations that failed", () => {
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

  it("leave rotations to another stack if they are told to", () => {
    const { resources } = stackWith({ alarmTopicArn, alarmOnEveryFailedRotation: "false" });
    expect(resources.ErrorsAlarm).toBeDefined();
    expect(resources.FailedRotations).toBeUndefined();
  });
});
