/** What is counted and asked of the function's own log; docs/monitoring.md lists its fields. */

/** A section for each reason. */
export const TROUBLESHOOTING =
  "https://github.com/OWNER/secrets-manager-rotation-functions/blob/main/docs/troubleshooting.md";

/** Reasons that heal by the service's retries, as docs/troubleshooting.md has them. */
const HEALS = ["unknown-token", "not-pending", "no-value", "throttled", "locked", "unavailable", "deadline"];

interface MetricFilter {
  readonly filterPattern: string;
  readonly dimensions?: { readonly key: string; readonly value: string }[];
}

/** By the name of the metric. */
export const METRIC_FILTERS: Readonly<Record<string, MetricFilter>> = {
  FailedSteps: {
    filterPattern: '{ $.outcome = "failed" }',
    dimensions: ["reason", "step"].map((key) => ({ key, value: `$.${key}` })),
  },
  FailuresForAPerson: {
    filterPattern: `{ ${['$.outcome = "failed"', ...HEALS.map((reason) => `$.reason != "${reason}"`)].join(" && ")} }`,
  },
  SucceededRotations: { filterPattern: '{ $.step = "finishSecret" && $.outcome = "succeeded" }' },
};

/** Saved queries of CloudWatch Logs Insights. */
export const QUERIES = {
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

interface Place {
  readonly region: string;
  readonly functionName: string;
  readonly logGroupName: string;
  readonly metricNamespace: string;
}

export function dashboardBody({ region, functionName, logGroupName, metricNamespace }: Place): object {
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
