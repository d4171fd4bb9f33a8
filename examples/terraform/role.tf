data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  policies = "${path.module}/../../policies"

  function_arn = join(":", [
    "arn", data.aws_partition.this.partition, "lambda", data.aws_region.this.region,
    data.aws_caller_identity.this.account_id, "function", var.function_name,
  ])

  # The placeholders of the files in policies/.
  placeholders = {
    Partition          = data.aws_partition.this.partition
    Region             = data.aws_region.this.region
    AccountId          = data.aws_caller_identity.this.account_id
    UrlSuffix          = data.aws_partition.this.dns_suffix
    RotationLambdaArn  = local.function_arn
    LogGroupArn        = aws_cloudwatch_log_group.this.arn
    MasterSecretArn    = var.master_secret_arn
    SecretKeyArn       = var.secret_key_arn
    MasterSecretKeyArn = var.master_secret_key_arn
  }

  # Each is the file of its name.
  policy_names = toset(concat(
    ["rotation-${var.strategy}", "logs"],
    var.secret_key_arn == null ? [] : ["secret-key"],
    var.master_secret_key_arn == null ? [] : ["master-secret-key"],
    length(var.subnet_ids) == 0 ? [] : ["network", "network-not-for-code"],
  ))
}

resource "aws_iam_role" "this" {
  name_prefix        = "${substr(var.function_name, 0, 37)}-"
  assume_role_policy = templatefile("${local.policies}/trust.json", local.placeholders)
}

resource "aws_iam_role_policy" "this" {
  for_each = local.policy_names

  name   = each.key
  role   = aws_iam_role.this.id
  policy = templatefile("${local.policies}/${each.key}.json", local.placeholders)
}
