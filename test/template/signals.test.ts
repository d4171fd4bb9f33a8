import { describe, expect, it } from "vitest";
import type { Parameters } from "./stack.ts";
import { stackWith } from "./stack-with.ts";

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
