# The resources of template.yaml as a module. The IAM statements are in policies/.

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  make_role           = var.role_arn == null
  role_arn            = local.make_role ? aws_iam_role.this[0].arn : var.role_arn
  in_vpc              = length(var.subnet_ids) > 0
  make_security_group = local.in_vpc && var.vpc_id != null && length(var.security_group_ids) == 0
  make_vpc_endpoint   = local.in_vpc && var.vpc_id != null && var.create_vpc_endpoint
  security_group_ids  = local.make_security_group ? [aws_security_group.this[0].id] : var.security_group_ids
  database_port       = coalesce(var.database_port, try(local.engines[var.engine].port, 0))
  has_master_secret   = var.strategy == "master-user" && length(var.master_secret_arns) > 0

  function_arn = join(":", [
    "arn", data.aws_partition.this.partition, "lambda", data.aws_region.this.region,
    data.aws_caller_identity.this.account_id, "function", var.function_name,
  ])

  package_file = var.package.s3_bucket != null ? null : coalesce(
    var.package.file, "${path.module}/../../release/${var.engine}-${var.strategy}.zip",
  )

  environment = merge(
    local.has_master_secret ? { MASTER_SECRET_ARN = var.master_secret_arns[0] } : {},
    var.strategy == "master-user" && var.database_host != null ? { DATABASE_HOST = var.database_host } : {},
    length(var.connection_url_keys) > 0 ? { CONNECTION_URL_KEYS = join(",", var.connection_url_keys) } : {},
    var.endpoint != null ? { SECRETS_MANAGER_ENDPOINT = var.endpoint } : {},
    local.make_vpc_endpoint ? { SECRETS_MANAGER_ENDPOINT = "https://${aws_vpc_endpoint.secrets_manager[0].dns_entry[0].dns_name}" } : {},
    var.environment,
  )
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.function_name}"
  retention_in_days = var.log_retention_in_days
  kms_key_id        = var.log_group_kms_key_arn
  tags              = var.tags
}

# No reserved concurrency: under a low limit, invocations for one secret throttle those for another, and Secrets Manager
# starts the throttled rotations over.
resource "aws_lambda_function" "this" {
  function_name           = var.function_name
  description             = "Rotates ${var.engine} secrets, ${var.strategy}"
  role                    = local.role_arn
  filename                = local.package_file
  source_code_hash        = local.package_file == null ? null : filebase64sha256(local.package_file)
  s3_bucket               = var.package.s3_bucket
  s3_key                  = var.package.s3_key
  s3_object_version       = var.package.s3_object_version
  runtime                 = "nodejs24.x"
  architectures           = [var.architecture]
  handler                 = "index.handler"
  memory_size             = var.memory_size
  timeout                 = 30
  code_signing_config_arn = var.code_signing_config_arn
  tags                    = var.tags

  dynamic "environment" {
    for_each = length(local.environment) == 0 ? [] : [local.environment]

    content {
      variables = environment.value
    }
  }

  logging_config {
    log_format            = "JSON"
    application_log_level = var.log_level
    log_group             = aws_cloudwatch_log_group.this.name
  }

  dynamic "vpc_config" {
    for_each = local.in_vpc ? [true] : []

    content {
      subnet_ids                  = var.subnet_ids
      security_group_ids          = local.security_group_ids
      ipv6_allowed_for_dual_stack = var.allow_ipv6
    }
  }

  lifecycle {
    precondition {
      condition     = contains(keys(local.engines), var.engine)
      error_message = "The engine ${var.engine} has no function. Valid engines: ${join(", ", keys(local.engines))}."
    }
    precondition {
      condition     = var.strategy == "single-user" || length(var.master_secret_arns) > 0 || !local.make_role
      error_message = "The strategy master-user needs master_secret_arns, the master secrets that the function may read."
    }
    precondition {
      condition     = !local.in_vpc || var.vpc_id != null || length(var.security_group_ids) > 0
      error_message = "subnet_ids needs security_group_ids, or vpc_id, with which the module creates a security group."
    }
    precondition {
      condition     = !var.create_vpc_endpoint || (var.vpc_id != null && var.endpoint == null)
      error_message = "create_vpc_endpoint needs vpc_id, and excludes endpoint."
    }
    precondition {
      condition     = var.database_security_group_id == null || var.vpc_id != null
      error_message = "database_security_group_id needs vpc_id: the module creates the security group that the rule admits."
    }
    precondition {
      condition     = var.update_runtime_on != "Manual" || var.runtime_version_arn != null
      error_message = "update_runtime_on = \"Manual\" needs runtime_version_arn."
    }
  }

  # Lambda rejects a function in a VPC as long as its role may not create network interfaces.
  depends_on = [aws_iam_role_policy.this]
}

resource "aws_lambda_runtime_management_config" "this" {
  count = var.update_runtime_on == "Auto" ? 0 : 1

  function_name       = aws_lambda_function.this.function_name
  update_runtime_on   = var.update_runtime_on
  runtime_version_arn = var.update_runtime_on == "Manual" ? var.runtime_version_arn : null
}

# policies/invoke.json
resource "aws_lambda_permission" "secrets_manager" {
  statement_id   = "SecretsManagerMayInvoke"
  function_name  = aws_lambda_function.this.function_name
  action         = "lambda:InvokeFunction"
  principal      = "secretsmanager.amazonaws.com"
  source_account = data.aws_caller_identity.this.account_id
}

resource "aws_secretsmanager_secret_rotation" "this" {
  for_each = var.secrets

  secret_id           = each.value.arn
  rotation_lambda_arn = local.function_arn
  rotate_immediately  = each.value.rotate_immediately

  rotation_rules {
    # The default day (1 to 28) and hour (0 to 20, UTC) follow from the ARN, so that secrets do not all rotate at once.
    schedule_expression = coalesce(each.value.schedule, format(
      "cron(0 %d %d * ? *)",
      parseint(substr(sha256(each.value.arn), 0, 8), 16) % 21,
      parseint(substr(sha256(each.value.arn), 8, 8), 16) % 28 + 1,
    ))
    duration = each.value.schedule == null ? coalesce(each.value.duration, "3h") : each.value.duration
  }

  depends_on = [aws_lambda_permission.secrets_manager]
}
