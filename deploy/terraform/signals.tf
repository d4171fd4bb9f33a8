# Metrics, queries and a dashboard from the function's log. docs/monitoring.md lists the fields of a log line.
locals {
  metric_namespace = "SecretRotation/${var.function_name}"

  # FailuresForAPerson leaves out the reasons that a retry of Secrets Manager cures (docs/troubleshooting.md).
  metric_filters = {
    FailedSteps = "{ $.outcome = \"failed\" }"
    FailuresForAPerson = join(" ", [
      "{ $.outcome = \"failed\" &&",
      "$.reason != \"no-value\" &&",
      "$.reason != \"throttled\" &&",
      "$.reason != \"locked\" &&",
      "$.reason != \"unavailable\" &&",
      "$.reason != \"deadline\" }",
    ])
    SucceededRotations = "{ $.step = \"finishSecret\" && $.outcome = \"succeeded\" }"
  }
}

resource "aws_cloudwatch_log_metric_filter" "this" {
  for_each = local.metric_filters

  name           = each.key
  log_group_name = aws_cloudwatch_log_group.this.name
  pattern        = each.value

  metric_transformation {
    namespace     = local.metric_namespace
    name          = each.key
    value         = "1"
    unit          = "Count"
    default_value = each.key == "FailedSteps" ? null : "0"
    dimensions    = each.key == "FailedSteps" ? { reason = "$.reason", step = "$.step" } : null
  }
}

resource "aws_cloudwatch_query_definition" "this" {
  for_each = {
    "failures by reason"  = <<-QUERY
      filter outcome = "failed"
      | stats count(*) as failures, count_distinct(secret) as secrets, latest(@timestamp) as last by reason, step
      | sort failures desc
    QUERY
    "slowest steps"       = <<-QUERY
      filter ispresent(milliseconds) and step != "preflight"
      | fields @timestamp, step, milliseconds, outcome, secret
      | sort milliseconds desc
      | limit 50
    QUERY
    "story of one secret" = <<-QUERY
      # Replace app with a part of the secret's name.
      filter secret like /app/
      | fields @timestamp, step, level, outcome, reason, milliseconds, message, token
      | sort @timestamp asc
    QUERY
  }

  name            = "${var.function_name}/${each.key}"
  log_group_names = [aws_cloudwatch_log_group.this.name]
  query_string    = each.value
}

resource "aws_cloudwatch_dashboard" "this" {
  count = var.create_dashboard ? 1 : 0

  dashboard_name = "${var.function_name}-rotation"
  dashboard_body = jsonencode({
    widgets = [
      { type = "metric", width = 12, height = 6, properties = {
        region = data.aws_region.this.region, stat = "Sum", period = 3600, title = "Rotations",
        metrics = [
          [local.metric_namespace, "SucceededRotations"], [local.metric_namespace, "FailuresForAPerson"],
          ["AWS/Lambda", "Throttles", "FunctionName", var.function_name],
        ]
      } },
      { type = "metric", width = 12, height = 6, properties = {
        region  = data.aws_region.this.region, stat = "Maximum", period = 3600, title = "Duration of a step, milliseconds",
        metrics = [["AWS/Lambda", "Duration", "FunctionName", var.function_name]]
      } },
      { type = "log", width = 24, height = 8, properties = {
        region = data.aws_region.this.region, title = "Failures", view = "table",
        query  = "SOURCE '${aws_cloudwatch_log_group.this.name}' | filter outcome = 'failed' | fields @timestamp, secret, step, reason, message | sort @timestamp desc | limit 50"
      } },
    ]
  })
}
