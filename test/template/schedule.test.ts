import { describe, expect, it } from "vitest";
import { FUNCTION_ARN, stackWith, template } from "./stack-with.ts";

describe("a schedule", () => {
  const secretArn = "arn:secret";

  it("depends on the permission, which depends on the function, which depends on its role; and does not rotate at deployment", () => {
    const { resources } = stackWith({ secretArn, schedule: "cron(0 3 1 * ? *) for 3h" });
    expect(resources.RotationSchedule).toMatchObject({
      DependsOn: "InvokePermission",
      Properties: {
        SecretId: "arn:secret",
        RotationLambdaARN: FUNCTION_ARN,
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
