# terraform init && terraform test: needs no account, and makes nothing.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/rotate", id = "rotate", name = "rotate" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/rotate" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:rotate" }
  }
  mock_resource "aws_vpc_endpoint" {
    defaults = { dns_entry = [{ dns_name = "vpce-1.secretsmanager", hosted_zone_id = "Z1" }] }
  }
}

variables {
  engine        = "postgres"
  strategy      = "single-user"
  function_name = "rotate"
  package       = { s3_bucket = "code", s3_key = "postgres-single-user.zip" }
}

run "makes_a_function_with_its_role_permission_and_log_group" {
  assert {
    condition     = aws_lambda_function.this.runtime == "nodejs24.x" && aws_lambda_function.this.timeout == 30 && aws_lambda_function.this.memory_size == 256 && aws_lambda_function.this.architectures[0] == "arm64"
    error_message = "The function is not that of the template."
  }
  assert {
    condition     = aws_lambda_permission.secrets_manager.principal == "secretsmanager.amazonaws.com" && aws_lambda_permission.secrets_manager.source_account == "123456789012"
    error_message = "Secrets Manager may not invoke the function, or not only for this account."
  }
  assert {
    condition     = toset(keys(aws_iam_role_policy.this)) == toset(["rotation-single-user", "logs"])
    error_message = "The role does not have its two policies alone."
  }
  assert {
    condition     = length(aws_lambda_function.this.environment) == 0 && length(aws_lambda_function.this.vpc_config) == 0
    error_message = "The function has an environment or a VPC."
  }
  assert {
    condition     = length(aws_security_group.this) + length(aws_vpc_endpoint.secrets_manager) + length(aws_cloudwatch_metric_alarm.this) + length(aws_secretsmanager_secret_rotation.this) == 0
    error_message = "Something is made that was not asked for."
  }
}

run "makes_security_groups_and_an_endpoint_for_the_function_alone" {
  variables {
    subnet_ids                 = ["subnet-1", "subnet-2"]
    vpc_id                     = "vpc-1"
    database_security_group_id = "sg-9"
    allow_ipv6                 = true
    create_vpc_endpoint        = true
  }
  assert {
    condition     = toset(values(aws_vpc_security_group_egress_rule.this)[*].to_port) == toset([443, 5432]) && length(aws_vpc_security_group_egress_rule.this) == 4
    error_message = "The function does not reach Secrets Manager and the database over IPv4 and IPv6."
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.database[0].security_group_id == "sg-9" && aws_vpc_security_group_ingress_rule.database[0].from_port == 5432
    error_message = "The database does not admit the function."
  }
  assert {
    condition     = !aws_vpc_endpoint.secrets_manager[0].private_dns_enabled && strcontains(aws_vpc_endpoint.secrets_manager[0].policy, "\"arn:aws:iam::123456789012:role/rotate\"")
    error_message = "The endpoint is not for this function alone."
  }
  assert {
    condition     = aws_lambda_function.this.environment[0].variables["SECRETS_MANAGER_ENDPOINT"] == "https://vpce-1.secretsmanager"
    error_message = "The function does not use the endpoint."
  }
  assert {
    condition     = aws_lambda_function.this.vpc_config[0].ipv6_allowed_for_dual_stack && length(aws_lambda_function.this.vpc_config[0].security_group_ids) == 1
    error_message = "The function is not in the VPC."
  }
}

run "uses_existing_security_groups_and_an_existing_role" {
  variables {
    subnet_ids         = ["subnet-1"]
    security_group_ids = ["sg-1"]
    role_arn           = "arn:aws:iam::123456789012:role/existing"
  }
  assert {
    condition     = length(aws_iam_role.this) == 0 && length(aws_iam_role_policy.this) == 0 && aws_lambda_function.this.role == "arn:aws:iam::123456789012:role/existing"
    error_message = "The existing role is not used."
  }
  assert {
    condition     = length(aws_security_group.this) == 0 && aws_lambda_function.this.vpc_config[0].security_group_ids == toset(["sg-1"])
    error_message = "The existing security group is not used."
  }
}

run "bounds_the_role_and_tags_everything" {
  variables {
    permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
    role_path            = "/rotation/"
    tags                 = { team = "platform" }
    alarm_topic_arn      = "arn:aws:sns:eu-central-1:123456789012:on-call"
  }
  assert {
    condition     = aws_iam_role.this[0].permissions_boundary == "arn:aws:iam::123456789012:policy/boundary" && aws_iam_role.this[0].path == "/rotation/"
    error_message = "The role has no boundary, or another path."
  }
  assert {
    condition = alltrue([for tags in [
      aws_iam_role.this[0].tags, aws_lambda_function.this.tags, aws_cloudwatch_log_group.this.tags,
      aws_cloudwatch_metric_alarm.this["Errors"].tags, aws_cloudwatch_event_rule.failed_rotations[0].tags,
    ] : tags == tomap({ team = "platform" })])
    error_message = "Something has no tags."
  }
}

run "reads_several_master_secrets_with_several_keys" {
  variables {
    strategy                   = "master-user"
    master_secret_arns         = ["arn:a", "arn:b"]
    master_secret_kms_key_arns = ["arn:k", "arn:l"]
    kms_key_arns               = ["arn:old", "arn:new"]
    database_host              = "db.internal"
  }
  assert {
    condition     = [for s in jsondecode(aws_iam_role_policy.this["rotation-master-user"].policy).Statement : s.Resource if s.Sid == "ReadMasterSecret"][0] == ["arn:a", "arn:b"]
    error_message = "The role may not read both master secrets."
  }
  assert {
    condition     = jsondecode(aws_iam_role_policy.this["master-secret-key"].policy).Statement[0].Resource == ["arn:k", "arn:l"] && jsondecode(aws_iam_role_policy.this["master-secret-key"].policy).Statement[0].Condition.StringEquals["kms:EncryptionContext:SecretARN"] == ["arn:a", "arn:b"]
    error_message = "The role may not use the keys of the master secrets for them."
  }
  assert {
    condition     = jsondecode(aws_iam_role_policy.this["secret-key"].policy).Statement[0].Resource == ["arn:old", "arn:new"]
    error_message = "The role may not use both keys of the secrets."
  }
  assert {
    condition     = aws_lambda_function.this.environment[0].variables == tomap({ MASTER_SECRET_ARN = "arn:a", DATABASE_HOST = "db.internal" })
    error_message = "The function does not know the master secret and the host."
  }
}

run "counts_its_own_log_without_a_trail" {
  variables {
    alarm_topic_arn  = "arn:aws:sns:eu-central-1:123456789012:on-call"
    create_dashboard = true
  }
  assert {
    condition     = toset(keys(aws_cloudwatch_log_metric_filter.this)) == toset(["FailedSteps", "FailuresForAPerson", "SucceededRotations"])
    error_message = "There are no metric filters."
  }
  assert {
    condition     = length(aws_cloudwatch_query_definition.this) == 3 && length(aws_cloudwatch_dashboard.this) == 1
    error_message = "A query or the dashboard is missing."
  }
}

run "alarms_on_errors_throttles_and_failed_rotations" {
  variables {
    alarm_topic_arn = "arn:aws:sns:eu-central-1:123456789012:on-call"
  }
  assert {
    condition = tomap({ for name, alarm in aws_cloudwatch_metric_alarm.this : name => alarm.namespace }) == tomap({
      Errors = "AWS/Lambda", Throttles = "AWS/Lambda", FailuresForAPerson = "SecretRotation/rotate"
    })
    error_message = "An alarm is missing, or its namespace is wrong."
  }
  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.failed_rotations[0].event_pattern).detail.eventName == ["RotationFailed", "RotationAbandoned", "TestRotationFailed"]
    error_message = "The rule does not match failed rotations."
  }
}

run "leaves_failed_rotations_to_another_function" {
  variables {
    alarm_topic_arn                = "arn:aws:sns:eu-central-1:123456789012:on-call"
    alarm_on_every_failed_rotation = false
  }
  assert {
    condition     = length(aws_cloudwatch_event_rule.failed_rotations) == 0 && length(aws_cloudwatch_metric_alarm.this) == 3
    error_message = "The rule is made, or the alarms are not."
  }
}

run "schedules_secrets_at_their_own_times_and_rotates_nothing_at_once" {
  variables {
    secrets = {
      one   = { arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:one-a1B2c3" }
      two   = { arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:two-a1B2c3" }
      three = { arn = "arn:three", schedule = "cron(0 21 ? * SUN *)", duration = "3h", rotate_immediately = true }
    }
  }
  assert {
    condition     = aws_secretsmanager_secret_rotation.this["one"].rotation_rules[0].schedule_expression != aws_secretsmanager_secret_rotation.this["two"].rotation_rules[0].schedule_expression
    error_message = "Two secrets rotate at the same time."
  }
  assert {
    condition     = alltrue([for key in ["one", "two"] : can(regex("^cron\\(0 ([0-9]|1[0-9]|20) ([1-9]|1[0-9]|2[0-8]) \\* \\? \\*\\)$", aws_secretsmanager_secret_rotation.this[key].rotation_rules[0].schedule_expression)) && aws_secretsmanager_secret_rotation.this[key].rotation_rules[0].duration == "3h" && !aws_secretsmanager_secret_rotation.this[key].rotate_immediately])
    error_message = "The default is no schedule that AWS accepts."
  }
  assert {
    condition     = aws_secretsmanager_secret_rotation.this["three"].rotation_rules[0].schedule_expression == "cron(0 21 ? * SUN *)" && aws_secretsmanager_secret_rotation.this["three"].rotate_immediately
    error_message = "The given schedule is not used."
  }
  assert {
    condition     = aws_secretsmanager_secret_rotation.this["one"].rotation_lambda_arn == "arn:aws:lambda:eu-central-1:123456789012:function:rotate"
    error_message = "The secret does not rotate with this function."
  }
}

run "keeps_a_runtime_version_and_a_signature" {
  variables {
    update_runtime_on       = "Manual"
    runtime_version_arn     = "arn:aws:lambda:eu-central-1::runtime:0a1b"
    code_signing_config_arn = "arn:csc"
    log_group_kms_key_arn   = "arn:k"
    memory_size             = 512
    endpoint                = "https://e"
    environment             = { PASSWORD_LENGTH = "40" }
    connection_url_keys     = ["DATABASE_URL", "spring.datasource.url"]
  }
  assert {
    condition     = aws_lambda_runtime_management_config.this[0].runtime_version_arn == "arn:aws:lambda:eu-central-1::runtime:0a1b" && aws_lambda_function.this.code_signing_config_arn == "arn:csc" && aws_lambda_function.this.memory_size == 512
    error_message = "The runtime version, the signature or the memory is not as given."
  }
  assert {
    condition     = aws_cloudwatch_log_group.this.kms_key_id == "arn:k" && aws_lambda_function.this.environment[0].variables == tomap({ SECRETS_MANAGER_ENDPOINT = "https://e", PASSWORD_LENGTH = "40", CONNECTION_URL_KEYS = "DATABASE_URL,spring.datasource.url" })
    error_message = "The log group's key, the endpoint or the environment is not as given."
  }
}

run "refuses_master_user_without_a_master_secret" {
  command = plan
  variables {
    strategy = "master-user"
  }
  expect_failures = [aws_lambda_function.this]
}

run "refuses_subnets_without_a_security_group" {
  command = plan
  variables {
    subnet_ids = ["subnet-1"]
  }
  expect_failures = [aws_lambda_function.this]
}

run "refuses_two_endpoints" {
  command = plan
  variables {
    subnet_ids          = ["subnet-1"]
    vpc_id              = "vpc-1"
    create_vpc_endpoint = true
    endpoint            = "https://e"
  }
  expect_failures = [aws_lambda_function.this]
}

run "refuses_a_bucket_without_a_key" {
  command = plan
  variables {
    package = { s3_bucket = "code" }
  }
  expect_failures = [var.package]
}

run "refuses_another_engine" {
  command = plan
  variables {
    engine = "oracle"
  }
  expect_failures = [aws_lambda_function.this]
}
