output "rotation_lambda_arn" {
  description = "ARN of the function, for RotateSecret."
  value       = aws_lambda_function.this.arn
}

output "rotation_role_arn" {
  description = "ARN of the function's role, for the policies of keys and secrets."
  value       = local.role_arn
}

output "rotation_role_name" {
  description = "Name of the new role; null for an existing one."
  value       = one(aws_iam_role.this[*].name)
}

output "log_group_name" {
  description = "Name of the function's log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "security_group_id" {
  description = "ID of the function's new security group, for the database's security group; null for existing ones."
  value       = one(aws_security_group.this[*].id)
}
