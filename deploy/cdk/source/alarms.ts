import { CfnAlarm } from "aws-cdk-lib/aws-cloudwatch";
import { EventField, Rule, RuleTargetInput } from "aws-cdk-lib/aws-events";
import { SnsTopic } from "aws-cdk-lib/aws-events-targets";
import { ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import type { RotationFunctionProps } from "./props.ts";
import { metricNamespace, TROUBLESHOOTING } from "./signals.ts";

export function createAlarms(
  scope: Construct,
  { functionName, alarmOnEveryFailedRotation = true }: RotationFunctionProps,
  topic: ITopic,
): void {
  topic.grantPublish(new ServicePrincipal("cloudwatch.amazonaws.com"));
  const ofFunction = {
    namespace: "AWS/Lambda",
    dimensions: [{ name: "FunctionName", value: functionName }],
  };
  for (const [metricName, what, source] of [
    ["Errors", "failed. Its log group has the cause and the remedy.", ofFunction],
    ["Throttles", "were throttled. Secrets Manager starts such rotations over.", ofFunction],
    [
      "FailuresForAPerson",
      "failed for a reason that no retry cures.",
      { namespace: metricNamespace(functionName) },
    ],
  ] as const) {
    new CfnAlarm(scope, `${metricName}Alarm`, {
      alarmDescription: `The rotation function ${functionName}: invocations ${what} ${TROUBLESHOOTING}`,
      ...source,
      metricName,
      statistic: "Sum",
      period: 300,
      evaluationPeriods: 1,
      threshold: 1,
      comparisonOperator: "GreaterThanOrEqualToThreshold",
      treatMissingData: "notBreaching",
      alarmActions: [topic.topicArn],
    });
  }
  if (!alarmOnEveryFailedRotation) {
    return;
  }
  const [event, time] = ["$.detail.eventName", "$.time"].map((path) => EventField.fromPath(path));
  const secret = EventField.fromPath("$.detail.additionalEventData.SecretId");
  // The events name the secret and not the function: the rule matches every secret in the account and Region.
  new Rule(scope, "FailedRotations", {
    description: "Rotations of secrets that failed or were abandoned",
    eventPattern: {
      source: ["aws.secretsmanager"],
      detailType: ["AWS Service Event via CloudTrail"],
      detail: {
        eventSource: ["secretsmanager.amazonaws.com"],
        eventName: ["RotationFailed", "RotationAbandoned", "TestRotationFailed"],
      },
    },
    targets: [
      new SnsTopic(topic, {
        message: RuleTargetInput.fromText(
          `${event} at ${time}: ${secret}. The log group of its rotation function has the cause.`,
        ),
      }),
    ],
  });
}
