# A function for the strategy master-user: in private subnets, with its own VPC endpoint, customer managed keys, a role with a
# permissions boundary, alarms, and code from a bucket. Replace the ARNs and IDs.

terraform {
  required_version = ">= 1.7"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.22"
    }
  }
}

module "rotation" {
  source = "../.."

  engine        = "mysql"
  strategy      = "master-user"
  function_name = "rotate-mysql-master-user"
  package = {
    s3_bucket = "artifacts-eu-central-1"
    s3_key    = "secrets-manager-rotation-functions/0.1.0/mysql-master-user.zip"
  }

  kms_key_arns               = ["arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"]
  master_secret_arns         = ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!cluster-0a1b2c3d-Z9y8X7"]
  master_secret_kms_key_arns = ["arn:aws:kms:eu-central-1:123456789012:key/9876fedc-12ab-34cd-56ef-1234567890ab"]
  database_host              = "app.cluster-c0ffee.eu-central-1.rds.amazonaws.com"

  vpc_id                     = "vpc-0123456789abcdef0"
  subnet_ids                 = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  database_security_group_id = "sg-0123456789abcdef0"
  create_vpc_endpoint        = true

  permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
  role_path            = "/rotation/"
  alarm_topic_arn      = "arn:aws:sns:eu-central-1:123456789012:on-call"
  tags                 = { team = "platform" }

  secrets = {
    app = {
      arn      = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:app-a1B2c3"
      schedule = "cron(0 21 ? * SUN *)"
      duration = "3h"
    }
    reports = { arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:reports-d4E5f6" }
  }
}
