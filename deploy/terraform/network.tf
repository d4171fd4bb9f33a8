resource "aws_security_group" "this" {
  count = local.make_security_group ? 1 : 0

  name_prefix = "${var.function_name}-"
  description = "Rotation function ${var.function_name}"
  vpc_id      = var.vpc_id
  tags        = merge({ Name = var.function_name }, var.tags)

  lifecycle {
    create_before_destroy = true
  }
}

# Outbound to any address: the secrets of one function name databases in several security groups.
resource "aws_vpc_security_group_egress_rule" "this" {
  for_each = !local.make_security_group ? {} : merge(
    {
      secrets-manager = { description = "Secrets Manager", port = 443, ipv4 = "0.0.0.0/0", ipv6 = null }
      databases       = { description = "Databases", port = local.database_port, ipv4 = "0.0.0.0/0", ipv6 = null }
    },
    !var.allow_ipv6 ? {} : {
      secrets-manager-ipv6 = { description = "Secrets Manager over IPv6", port = 443, ipv4 = null, ipv6 = "::/0" }
      databases-ipv6       = { description = "Databases over IPv6", port = local.database_port, ipv4 = null, ipv6 = "::/0" }
    },
  )

  security_group_id = aws_security_group.this[0].id
  description       = each.value.description
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
  cidr_ipv4         = each.value.ipv4
  cidr_ipv6         = each.value.ipv6
  tags              = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  count = local.make_security_group && var.database_security_group_id != null ? 1 : 0

  security_group_id            = var.database_security_group_id
  referenced_security_group_id = aws_security_group.this[0].id
  description                  = "Rotation function ${var.function_name}"
  ip_protocol                  = "tcp"
  from_port                    = local.database_port
  to_port                      = local.database_port
  tags                         = var.tags
}

# Private DNS is off: with it, the whole VPC would use this endpoint, also clients that its security group and its policy
# reject.
resource "aws_vpc_endpoint" "secrets_manager" {
  count = local.make_vpc_endpoint ? 1 : 0

  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.${data.aws_region.this.region}.secretsmanager"
  vpc_id              = var.vpc_id
  subnet_ids          = var.subnet_ids
  security_group_ids  = [aws_security_group.vpc_endpoint[0].id]
  private_dns_enabled = false
  policy              = templatefile("${local.policies}/vpc-endpoint.json", { RotationRoleArn = local.role_arn })
  tags                = merge({ Name = var.function_name }, var.tags)
}

resource "aws_security_group" "vpc_endpoint" {
  count = local.make_vpc_endpoint ? 1 : 0

  name_prefix = "${var.function_name}-secretsmanager-"
  description = "Interface endpoint of Secrets Manager"
  vpc_id      = var.vpc_id
  tags        = merge({ Name = "${var.function_name}-secretsmanager" }, var.tags)

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "vpc_endpoint" {
  count = local.make_vpc_endpoint ? 1 : 0

  security_group_id            = aws_security_group.vpc_endpoint[0].id
  referenced_security_group_id = local.security_group_ids[0]
  description                  = "Rotation function ${var.function_name}"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  tags                         = var.tags
}
