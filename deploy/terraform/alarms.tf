locals {
  troubleshooting_page = "https://github.com/OWNER/secrets-manager-rotation-functions/blob/main/docs/troubleshooting.md"

  # Secrets Manager retries a failed step: an alarm on Errors does not always mean a failed rotation. None of these alarms
  # needs a CloudTrail trail.
  alarms = var.alarm_topic_arn == null ? {} : {
    Errors = {
      name = "errors", namespace = "AWS/Lambda", dimensions = { FunctionName = var.function_name }
      what = "failed. Its log group has the cause and the remedy."
    }
    Throttles = {
      name = "throttles", namespace = "AWS/Lambda", dimensions = { FunctionName = var.function_name }
      what = "were throttled. Secrets Manager starts such rotations over."
    }
    FailuresForAPerson = {
      name = "failures-for-a-person", namespace = local.metric_namespace, dimensions = {}
      what = "failed for a reason that no retry cures. The log line has reason, cause and remedy."
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.function_name}-${each.value.name}"
  alarm_description   = "The rotation function ${var.function_name}: invocations ${each.value.what} ${local.troubleshooting_page}"
  namespace           = each.value.namespace
  metric_name         = each.key
  dimensions          = each.value.dimensions
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
  tags                = var.tags
}

# The events name the secret and not the function, so the rule matches every secret in the account and Region.
resource "aws_cloudwatch_event_rule" "failed_rotations" {
  count = var.alarm_topic_arn != null && var.alarm_on_every_failed_rotation ? 1 : 0

  name_prefix = "${substr(var.function_name, 0, 37)}-"
  description = "Rotations of secrets that failed or were abandoned"
  event_pattern = jsonencode({
    source      = ["aws.secretsmanager"]
    detail-type = ["AWS Service Event via CloudTrail"]
    detail = {
      eventSource = ["secretsmanager.amazonaws.com"]
      eventName   = ["RotationFailed", "RotationAbandoned", "TestRotationFailed"]
    }
  })
  tags = var.tags
}

resource "aws_cloudwatch_event_target" "failed_rotations" {
  count = length(aws_cloudwatch_event_rule.failed_rotations)

  rule = aws_cloudwatch_event_rule.failed_rotations[0].name
  arn  = var.alarm_topic_arn

  input_transformer {
    input_paths = {
      event  = "$.detail.eventName"
      secret = "$.detail.additionalEventData.SecretId"
      time   = "$.time"
    }
    input_template = "\"<event> at <time>: <secret>. The log group of its rotation function has the cause.\""
  }
}
