locals {
  # engines.json and policies/ are in the module in a release, and in the root of the repository in a checkout.
  engines  = jsondecode(file(fileexists("${path.module}/engines.json") ? "${path.module}/engines.json" : "${path.module}/../../engines.json"))
  policies = fileexists("${path.module}/policies/trust.json") ? "${path.module}/policies" : "${path.module}/../../policies"

  # Values for the placeholders of policies/. The last three stand for lists: policy_documents replaces them in the rendered
  # file, because templatefile() would put a list inside of a JSON string.
  placeholders = {
    Partition          = data.aws_partition.this.partition
    Region             = data.aws_region.this.region
    AccountId          = data.aws_caller_identity.this.account_id
    UrlSuffix          = data.aws_partition.this.dns_suffix
    RotationLambdaArn  = local.function_arn
    RotationRoleArn    = local.role_arn
    LogGroupArn        = trimsuffix(aws_cloudwatch_log_group.this.arn, ":*")
    MasterSecretArn    = "MasterSecretArn"
    SecretKeyArn       = "SecretKeyArn"
    MasterSecretKeyArn = "MasterSecretKeyArn"
  }

  # Files in policies/, without .json.
  policy_names = toset(!local.make_role ? [] : concat(
    ["rotation-${var.strategy}", "logs"],
    length(var.kms_key_arns) == 0 ? [] : ["secret-key"],
    local.has_master_secret && length(var.master_secret_kms_key_arns) > 0 ? ["master-secret-key"] : [],
    local.in_vpc ? ["network", "network-not-for-code"] : [],
  ))

  policy_documents = {
    for name in local.policy_names : name => replace(replace(replace(
      templatefile("${local.policies}/${name}.json", local.placeholders),
      "\"MasterSecretArn\"", jsonencode(var.master_secret_arns)),
      "\"SecretKeyArn\"", jsonencode(var.kms_key_arns)),
      "\"MasterSecretKeyArn\"", jsonencode(var.master_secret_kms_key_arns)
    )
  }
}

resource "aws_iam_role" "this" {
  count = local.make_role ? 1 : 0

  name_prefix          = "${substr(var.function_name, 0, 37)}-"
  description          = "Execution role of the rotation function ${var.function_name}"
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = templatefile("${local.policies}/trust.json", { AccountId = data.aws_caller_identity.this.account_id })
  tags                 = var.tags
}

resource "aws_iam_role_policy" "this" {
  for_each = local.policy_names

  name   = each.key
  role   = aws_iam_role.this[0].id
  policy = local.policy_documents[each.key]
}
