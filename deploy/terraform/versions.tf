terraform {
  required_version = ">= 1.7"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # The first version with nodejs24.x.
      version = ">= 6.22"
    }
  }
}
