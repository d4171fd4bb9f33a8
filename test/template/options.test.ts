import { describe, expect, it } from "vitest";
import { type Parameters, propertiesOf } from "./stack.ts";
import { FUNCTION_ARN, stackWith } from "./stack-with.ts";

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
      RotationLambdaARN: FUNCTION_ARN,
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
