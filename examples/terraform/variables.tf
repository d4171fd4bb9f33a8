variable "engine" {
  description = "The database product. Aurora PostgreSQL is postgres, Aurora MySQL is mysql."
  type        = string

  validation {
    condition     = contains(["postgres", "mysql", "mariadb"], var.engine)
    error_message = "One of postgres, mysql and mariadb."
  }
}

variable "strategy" {
  type = string

  validation {
    condition     = contains(["single-user", "master-user"], var.strategy)
    error_message = "One of single-user and master-user."
  }
}

variable "function_name" {
  description = "Explicit, so that the role can name the function before it exists."
  type        = string
}

variable "master_secret_arn" {
  description = "With master-user: the whole ARN of the master secret."
  type        = string
  default     = null
}

variable "master_secret_key_arn" {
  description = "The master secret's key, if that is a customer managed one."
  type        = string
  default     = null
}

variable "secret_key_arn" {
  description = "The key of the secrets that the function rotates, if it is a customer managed one."
  type        = string
  default     = null
}

variable "subnet_ids" {
  description = "Subnets from which the function reaches the database; empty for none."
  type        = list(string)
  default     = []
}

variable "security_group_ids" {
  description = "With subnets: the function's security groups."
  type        = list(string)
  default     = []
}

variable "environment" {
  description = "The function's environment variables, such as EXCLUDE_CHARACTERS."
  type        = map(string)
  default     = {}
}

variable "secret_arn" {
  description = "A secret to be rotated on a schedule; others can use the function as well."
  type        = string
  default     = null
}

variable "schedule_expression" {
  description = "When, in UTC."
  type        = string
  default     = "cron(0 3 1 * ? *)"
}
