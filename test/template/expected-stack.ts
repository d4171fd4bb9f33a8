import { expect } from "vitest";
import { functionId } from "../../build/new-engine/names.ts";
import type { Combination } from "./combinations.ts";
import { permissionStatement, policiesFor, policy, rolePolicies, withPlaceholders } from "./policies.ts";
import { propertiesOf, type Stack } from "./stack.ts";
import type { JsonObject } from "./template.ts";

/** Megabytes, as BENCHMARKS.md has chosen them. */
export const DEFAULT_MEMORY = 256;

/** What a stack must hold, whether read from template.yaml or from what SAM makes of it. */
export function expectRotationStack(stack: Stack, combination: Combination): void {
  const { engine, strategy, inVpc } = combination;
  const ids = (type: RegExp) =>
    Object.keys(stack.resources).filter((id) => type.test(stack.resources[id]?.Type ?? ""));
  const id = functionId(engine, strategy);

  expect(ids(/^AWS::(Serverless|Lambda)::Function$/)).toEqual([id]);
  const properties = propertiesOf(stack, id);
  expect(properties).toMatchObject({
    FunctionName: "rotate",
    Handler: "index.handler",
    Runtime: "nodejs24.x",
    Architectures: ["arm64"],
    Role: `\${Role.Arn}`,
    LoggingConfig: { LogFormat: "JSON", ApplicationLogLevel: "INFO", LogGroup: `\${LogGroup}` },
  });
  expect(Number(properties.MemorySize)).toBe(DEFAULT_MEMORY);
  expect(Number(properties.Timeout)).toBe(30);
  expect(properties.RuntimeManagementConfig).toEqual({ UpdateRuntimeOn: "Auto" });
  expect(properties.CodeSigningConfigArn).toBeUndefined();
  expect(properties.ReservedConcurrentExecutions).toBeUndefined();
  expect(properties.VpcConfig).toEqual(
    inVpc ? { SubnetIds: ["subnet-1", "subnet-2"], SecurityGroupIds: ["sg-1"] } : undefined,
  );

  expect(ids(/^AWS::Logs::LogGroup$/)).toEqual(["LogGroup"]);
  expect(Number(propertiesOf(stack, "LogGroup").RetentionInDays)).toBeGreaterThan(0);

  expect(ids(/^AWS::IAM::/)).toEqual(["Role"]);
  const role = propertiesOf(stack, "Role");
  expect(role.ManagedPolicyArns).toBeUndefined();
  expect(withPlaceholders(role.AssumeRolePolicyDocument ?? null)).toEqual(policy("trust"));
  const names = policiesFor(combination);
  expect(rolePolicies(role)).toEqual(Object.fromEntries(names.map((name) => [name, policy(name)])));

  expect(ids(/^AWS::Lambda::Permission$/)).toEqual(["InvokePermission"]);
  const permission = propertiesOf(stack, "InvokePermission");
  expect(permission.FunctionName).toBe(`\${${id}}`);
  const [statement] = (policy("invoke") as { Statement: JsonObject[] }).Statement;
  expect({ Sid: statement?.Sid, ...(permissionStatement(permission) as JsonObject) }).toEqual(statement);
}
