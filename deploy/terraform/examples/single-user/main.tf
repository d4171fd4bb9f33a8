# One function without a VPC, and one secret that rotates once a month. Run npm run release in the repository first, or set
# package to a file of a release.

terraform {
  required_version = ">= 1.7"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.22"
    }
  }
}

resource "aws_secretsmanager_secret" "app" {
  name = "app"
}

resource "aws_secretsmanager_secret_version" "app" {
  secret_id     = aws_secretsmanager_secret.app.id
  secret_string = jsonencode({ engine = "postgres", host = "db.example.com", username = "app", password = "initial" })

  lifecycle {
    # A rotation changes both arguments.
    ignore_changes = [secret_string, version_stages]
  }
}

module "rotation" {
  source = "../.."

  engine        = "postgres"
  strategy      = "single-user"
  function_name = "rotate-postgres-single-user"

  secrets = {
    app = { arn = aws_secretsmanager_secret.app.arn }
  }

  # The secret must have a value before rotation is turned on.
  depends_on = [aws_secretsmanager_secret_version.app]
}

output "rotation_lambda_arn" {
  description = "ARN of the function, for RotateSecret."
  value       = module.rotation.rotation_lambda_arn
}
