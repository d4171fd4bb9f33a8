variable "engine" {
  description = "Database product: `postgres`, `mysql` or `mariadb`. Aurora PostgreSQL is `postgres`, Aurora MySQL is `mysql`."
  type        = string
}

variable "strategy" {
  description = "Rotation strategy: `single-user` (the user changes its own password) or `master-user` (two users take turns, and a master user prepares the other one; AWS also calls this alternating users)."
  type        = string

  validation {
    condition     = contains(["single-user", "master-user"], var.strategy)
    error_message = "strategy must be single-user or master-user."
  }
}

variable "function_name" {
  description = "Name of the function, and the end of its log group's name. Unique in the account and Region."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.function_name))
    error_message = "function_name must be 1 to 64 letters, digits, hyphens and underscores."
  }
}

variable "package" {
  description = "Code of the function: `file`, a zip file of a release; or `s3_bucket`, `s3_key` and optionally `s3_object_version`, such a zip file in a bucket of the Region. By default the file that `npm run release` creates in this repository."
  type = object({
    file              = optional(string)
    s3_bucket         = optional(string)
    s3_key            = optional(string)
    s3_object_version = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = (var.package.s3_bucket == null) == (var.package.s3_key == null) && (var.package.file == null || var.package.s3_bucket == null)
    error_message = "package must have file, or s3_bucket and s3_key."
  }
}

variable "architecture" {
  description = "Instruction set of the function: `arm64` or `x86_64`."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be arm64 or x86_64."
  }
}

variable "memory_size" {
  description = "Memory of the function, in MB."
  type        = number
  default     = 256
}

variable "endpoint" {
  description = "URL of Secrets Manager. Required only for an existing VPC endpoint without private DNS, or for the dual-stack endpoint."
  type        = string
  default     = null
}

variable "update_runtime_on" {
  description = "When Lambda moves the function to a new patch version of the Node.js runtime: `Auto`, `FunctionUpdate` or `Manual`."
  type        = string
  default     = "Auto"

  validation {
    condition     = contains(["Auto", "FunctionUpdate", "Manual"], var.update_runtime_on)
    error_message = "update_runtime_on must be Auto, FunctionUpdate or Manual."
  }
}

variable "runtime_version_arn" {
  description = "Runtime version to keep. Required if update_runtime_on is `Manual`."
  type        = string
  default     = null
}

variable "code_signing_config_arn" {
  description = "Code signing configuration that the function's code must meet."
  type        = string
  default     = null
}

variable "kms_key_arns" {
  description = "Customer managed keys of the secrets. Keep a key in the list after a secret changes to another key: older versions of the secret need it."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "master_secret_arns" {
  description = "master-user only: master secrets that the function may read. A secret names its master secret in `masterarn`. A secret without `masterarn` uses the first of the list."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "master_secret_kms_key_arns" {
  description = "master-user only: customer managed keys of the master secrets."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "database_host" {
  description = "master-user only: database host. Required if RDS manages the master secret, which then stores no host."
  type        = string
  default     = null
}

variable "connection_url_keys" {
  description = "Other keys of the secrets that hold connection URLs, such as `DATABASE_URL`: a rotation replaces user name and password in the URLs, too. A nested key is a path with dots."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "environment" {
  description = "Further environment variables of the function, such as `EXCLUDE_CHARACTERS`, `PASSWORD_LENGTH` or `DATABASE_CA_FILE`."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "subnet_ids" {
  description = "Subnets from which the function reaches the database. Empty for a function outside a VPC."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "security_group_ids" {
  description = "Security groups of the function. If empty, this module creates one in vpc_id."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "vpc_id" {
  description = "VPC of the subnets. Required if this module creates a security group or a VPC endpoint."
  type        = string
  default     = null
}

variable "database_security_group_id" {
  description = "Security group of the database. This module adds a rule to it that allows the function's new security group."
  type        = string
  default     = null
}

variable "database_port" {
  description = "Database port that the new security groups open. By default the engine's default port (5432, 3306)."
  type        = number
  default     = null
}

variable "allow_ipv6" {
  description = "Outbound IPv6, for dual-stack subnets. The new security group then opens its ports over IPv6, too."
  type        = bool
  default     = false
}

variable "create_vpc_endpoint" {
  description = "Interface endpoint for Secrets Manager in vpc_id, for subnets without a NAT gateway. It serves this function alone, and has no private DNS."
  type        = bool
  default     = false
}

variable "role_arn" {
  description = "Existing role for the function, with the statements in policies/. By default this module creates one."
  type        = string
  default     = null
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of the new role."
  type        = string
  default     = null
}

variable "role_path" {
  description = "Path of the new role."
  type        = string
  default     = "/"
}

variable "log_level" {
  description = "Lowest level of the function's own log lines that Lambda keeps: `DEBUG`, `INFO`, `WARN` or `ERROR`."
  type        = string
  default     = "INFO"
}

variable "log_retention_in_days" {
  description = "Age at which log lines are deleted, in days."
  type        = number
  default     = 90
}

variable "log_group_kms_key_arn" {
  description = "Customer managed key of the log group. Its key policy must allow CloudWatch Logs."
  type        = string
  default     = null
}

variable "alarm_topic_arn" {
  description = "SNS topic for failures. Its policy, and that of its key if it has one, must allow events.amazonaws.com and cloudwatch.amazonaws.com. By default there are no alarms."
  type        = string
  default     = null
}

variable "alarm_on_every_failed_rotation" {
  description = "Message to alarm_topic_arn for every failed rotation in the account and Region; needs a CloudTrail trail with logging of management events turned on. Without a trail the other alarms report failures. If you deploy several functions, set true for only one."
  type        = bool
  default     = true
}

variable "create_dashboard" {
  description = "CloudWatch dashboard of the function, with rotations, failures by reason and durations."
  type        = bool
  default     = false
}

variable "secrets" {
  description = "Secrets that rotate on a schedule, by names of your choice: `schedule` is a cron() or rate() expression in UTC, `duration` the window in which a rotation may start. By default each secret has its own day of the month and hour, which follow from its ARN, and a window of 3h. Any number of other secrets can use the function."
  type = map(object({
    arn                = string
    schedule           = optional(string)
    duration           = optional(string)
    rotate_immediately = optional(bool, false)
  }))
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for secret in values(var.secrets) : secret.schedule == null ? true : (
        can(regex("^rate\\((?:(?:[4-9]|[1-9][0-9]{1,2}) hours|1 day|[1-9][0-9]{0,2} days)\\)$", secret.schedule)) || (
          length(split("?", secret.schedule)) == 2 &&
          can(regex(join(" ", [
            "^cron\\(0",
            "(?:[0-9]|1[0-9]|2[0-3])(?:/(?:[4-9]|1[0-9]|2[0-3]))?",
            "(?:\\?|L|\\*(?:/(?:[1-9]|[12][0-9]|3[01]))?|(?:[1-9]|[12][0-9]|3[01])(?:[,/-](?:[1-9]|[12][0-9]|3[01]))*)",
            "(?:\\*(?:/(?:[1-9]|1[0-2]|[A-Z]{3}))?|(?:[1-9]|1[0-2]|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)(?:[,/-](?:[1-9]|1[0-2]|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC))*)",
            "(?:\\?|\\*(?:/[1-7])?|(?:[1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(?:L|#[1-5]|(?:[,/-](?:[1-7]|SUN|MON|TUE|WED|THU|FRI|SAT))*))",
            "\\*\\)$",
          ]), secret.schedule))
        )
      )
    ])
    error_message = "schedule must be cron(0 <hour> <day> <month> ? *), cron(0 <hour> ? <month> <weekday> *), rate(<number> days), or rate() of at least 4 hours."
  }

  validation {
    condition = alltrue([
      for secret in values(var.secrets) : secret.duration == null ? true : (
        can(regex("^(?:[1-9]|1[0-9]|2[0-4])h$", secret.duration)) &&
        # A schedule in hours has AWS's own window, of one hour.
        !can(regex("hours|^cron\\(0 [0-9]+/", coalesce(secret.schedule, "rate(30 days)"))) &&
        # The window ends within the UTC day that it begins in.
        try(tonumber(regex("^cron\\(0 ([0-9]+)", secret.schedule)[0]), 0) + try(tonumber(trimsuffix(secret.duration, "h")), 99) <= (secret.schedule == null ? 4 : 24)
      )
    ])
    error_message = "duration must be 1h to 24h and end within the UTC day (at most 4h without a schedule of your own); a schedule in hours takes none."
  }
}

variable "tags" {
  description = "Tags of every resource that can have tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
