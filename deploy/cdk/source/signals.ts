/** Metrics, queries and a dashboard from the function's log. docs/monitoring.md lists the fields of a log line. */
import { Stack } from "aws-cdk-lib";
import { CfnDashboard } from "aws-cdk-lib/aws-cloudwatch";
import { CfnMetricFilter, CfnQueryDefinition } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import type { RotationFunctionProps } from "./props.ts";

/** The page has a section for each reason. */
export const TROUBLESHOOTING =
  "https://github.com/OWNER/secrets-manager-rotation-functions/blob/main/docs/troubleshooting.md";

/** Reasons that a retry of Secrets Manager cures, as docs/troubleshooting.md says. */
const CURED_BY_RETRY = ["no-value", "throttled", "locked", "unavailable", "deadline"];

interface MetricFilter {
  readonly filterPattern: string;
  readonly dimensions?: { readonly key: string; readonly value: string }[];
}

/** Key: name of the metric. */
const METRIC_FILTERS: Readonly<Record<string, MetricFilter>> = {
  FailedSteps: {
    filterPattern: '{ $.outcome = "failed" }',
    dimensions: ["reason", "step"].map((key) => ({ key, value: `$.${key}` })),
  },
  FailuresForAPerson: {
    filterPattern: `{ ${['$.outcome = "failed"', ...CURED_BY_RETRY.map((reason) => `$.reason != "${reason}"`)].join(" && ")} }`,
  },
  SucceededRotations: { filterPattern: '{ $.step = "finishSecret" && $.outcome = "succeeded" }' },
};

/** Saved queries of CloudWatch Logs Insights. Key: id of the construct. */
const QUERIES = {
  FailuresByReasonQuery: {
    title: "failures by reason",
    queryString: `filter outcome = "failed"
| stats count(*) as failures, count_distinct(secret) as secrets, latest(@timestamp) as last by reason, step
| sort failures desc
`,
  },
  SlowestStepsQuery: {
    title: "slowest steps",
    queryString: `filter ispresent(milliseconds) and step != "preflight"
| fields @timestamp, step, milliseconds, outcome, secret
| sort milliseconds desc
| limit 50
`,
  },
  OneSecretQuery: {
    title: "story of one secret",
    queryString: `# Replace app by a part of the secret's name.
filter secret like /app/
| fields @timestamp, step, level, outcome, reason, milliseconds, message, token
| sort @timestamp asc
`,
  },
};

export function metricNamespace(functionName: string): string {
  return `SecretRotation/${functionName}`;
}

/** Needs no CloudTrail trail, unlike the alarm on every failed rotation. */
export function createSignals(
  scope: Construct,
  { functionName, dashboard = false }: RotationFunctionProps,
  logGroupName: string,
): void {
  for (const [metricName, { filterPattern, dimensions }] of Object.entries(METRIC_FILTERS)) {
    const transformation = {
      metricNamespace: metricNamespace(functionName),
      metricName,
      metricValue: "1",
      unit: "Count",
    };
    new CfnMetricFilter(scope, metricName, {
      logGroupName,
      filterPattern,
      metricTransformations: [{ ...transformation, ...(dimensions ? { dimensions } : { defaultValue: 0 }) }],
    });
  }
  for (const [id, { title, queryString }] of Object.entries(QUERIES)) {
    const name = `${functionName}/${title}`;
    new CfnQueryDefinition(scope, id, { name, logGroupNames: [logGroupName], queryString });
  }
  if (dashboard) {
    const { region } = Stack.of(scope);
    const body = { region, functionName, logGroupName, metricNamespace: metricNamespace(functionName) };
    new CfnDashboard(scope, "Dashboard", {
      dashboardName: `${functionName}-rotation`,
      dashboardBody: Stack.of(scope).toJsonString(dashboardBody(body)),
    });
  }
}

interface Sources {
  readonly region: string;
  readonly functionName: string;
  readonly logGroupName: string;
  readonly metricNamespace: string;
}

function dashboardBody({ region, functionName, logGroupName, metricNamespace }: Sources): object {
  const ofFunction = (metric: string) => ["AWS/Lambda", metric, "FunctionName", functionName];
  const failures =
    `SOURCE '${logGroupName}' | filter outcome = 'failed' | fields @timestamp, secret, step, reason, message | ` +
    "sort @timestamp desc | limit 50";
  const metric = (title: string, stat: string, metrics: string[][]) => ({
    type: "metric",
    width: 12,
    height: 6,
    properties: { region, stat, period: 3600, title, metrics },
  });
  return {
    widgets: [
      metric("Rotations", "Sum", [
        [metricNamespace, "SucceededRotations"],
        [metricNamespace, "FailuresForAPerson"],
        ofFunction("Throttles"),
      ]),
      metric("Duration of a step, milliseconds", "Maximum", [ofFunction("Duration")]),
      {
        type: "log",
        width: 24,
        height: 8,
        properties: { region, title: "Failures", view: "table", query: failures },
      },
    ],
  };
}
