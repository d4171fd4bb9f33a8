output "rotation_lambda_arn" {
  description = "What to rotate secrets with."
  value       = aws_lambda_function.this.arn
}

output "rotation_role_arn" {
  description = "For the policies of keys and secrets."
  value       = aws_iam_role.this.arn
}
