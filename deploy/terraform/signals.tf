# The function's own log: these need no CloudTrail trail. docs/monitoring.md lists its fields.
locals {
  metric_namespace     = "SecretRotation/${var.function_name}"
  troubleshooting_page = "https://github.com/OWNER/secrets-manager-rotation-functions/blob/main/docs/troubleshooting.md"

  # Reasons that heal by the service's retries are left out, as docs/troubleshooting.md has them.
  metric_filters = {
    FailedSteps = "{ $.outcome = \"failed\" }"
    FailuresForAPerson = join(" ", [
      "{ $.outcome = \"failed\" &&",
      "$.reason != \"unknown-token\" &&",
      "$.reason != \"not-pending\" &&",
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

resource "aws_cloudwatch_metric_alarm" "failures_for_a_person" {
  count = var.alarm_topic_arn == null ? 0 : 1

  alarm_name          = "${var.function_name}-failures-for-a-person"
  alarm_description   = "A step of the rotation function ${var.function_name} failed for a reason that does not heal by itself. The log line has reason, cause and remedy, and this page a section for each reason: ${local.troubleshooting_page}"
  namespace           = local.metric_namespace
  metric_name         = aws_cloudwatch_log_metric_filter.this["FailuresForAPerson"].name
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
  tags                = var.tags
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
      # Replace app by a part of the secret's name.
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
