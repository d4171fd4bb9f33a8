# What template.yaml makes, for Terraform: a folder of dist/ as a Lambda function, with the role that policies/ describes.
# Run npm run build in the root of the repository first.

data "archive_file" "bundle" {
  type        = "zip"
  source_dir  = "${path.module}/../../dist/${var.engine}-${var.strategy}"
  output_path = "${path.module}/.terraform/${var.engine}-${var.strategy}.zip"
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.function_name}"
  retention_in_days = 90
}

# No reserved concurrency: with little, invocations for one secret are throttled by those for another, and Secrets Manager
# starts the steps over again.
resource "aws_lambda_function" "this" {
  function_name    = var.function_name
  role             = aws_iam_role.this.arn
  filename         = data.archive_file.bundle.output_path
  source_code_hash = data.archive_file.bundle.output_base64sha256
  runtime          = "nodejs24.x"
  architectures    = ["arm64"]
  handler          = "index.handler"
  memory_size      = 256
  timeout          = 30

  environment {
    variables = merge(
      var.master_secret_arn == null ? {} : { MASTER_SECRET_ARN = var.master_secret_arn },
      var.environment,
    )
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.this.name
  }

  dynamic "vpc_config" {
    for_each = length(var.subnet_ids) == 0 ? [] : [true]

    content {
      subnet_ids         = var.subnet_ids
      security_group_ids = var.security_group_ids
    }
  }

  lifecycle {
    precondition {
      condition     = var.strategy == "single-user" || var.master_secret_arn != null
      error_message = "The strategy master-user needs master_secret_arn."
    }
  }

  # Lambda refuses a VPC to a role that cannot make network interfaces yet.
  depends_on = [aws_iam_role_policy.this]
}

# policies/invoke.json
resource "aws_lambda_permission" "secrets_manager" {
  function_name  = aws_lambda_function.this.function_name
  action         = "lambda:InvokeFunction"
  principal      = "secretsmanager.amazonaws.com"
  source_account = data.aws_caller_identity.this.account_id
}

resource "aws_secretsmanager_secret_rotation" "this" {
  count = var.secret_arn == null ? 0 : 1

  secret_id           = var.secret_arn
  rotation_lambda_arn = local.function_arn
  rotate_immediately  = false

  rotation_rules {
    schedule_expression = var.schedule_expression
    duration            = "3h"
  }

  depends_on = [aws_lambda_permission.secrets_manager]
}
