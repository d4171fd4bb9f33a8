terraform {
  required_version = ">= 1.5"

  required_providers {
    archive = {
      source  = "hashicorp/archive"
      version = "~> 2.4"
    }
    aws = {
      source = "hashicorp/aws"
      # nodejs24.x
      version = ">= 6.22"
    }
  }
}
