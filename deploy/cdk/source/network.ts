import { Fn } from "aws-cdk-lib";
import {
  InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  type ISecurityGroup,
  Peer,
  Port,
  SecurityGroup,
} from "aws-cdk-lib/aws-ec2";
import { type IRole, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { portOf } from "./engines.ts";
import { policy } from "./policies.ts";
import type { Network, RotationFunctionProps } from "./props.ts";

/** Outbound to any address: the secrets of one function name databases in several security groups. */
export function createSecurityGroup(
  scope: Construct,
  { engine, functionName }: RotationFunctionProps,
  { vpc, databasePort, allowIpv6 }: Network,
): SecurityGroup {
  const group = new SecurityGroup(scope, "SecurityGroup", {
    vpc,
    description: `Rotation function ${functionName}`,
    allowAllOutbound: false,
  });
  const port = databasePort ?? portOf(engine);
  for (const [peer, suffix] of [
    [Peer.anyIpv4(), ""],
    ...(allowIpv6 ? [[Peer.anyIpv6(), " over IPv6"] as const] : []),
  ] as const) {
    group.addEgressRule(peer, Port.tcp(443), `Secrets Manager${suffix}`);
    group.addEgressRule(peer, Port.tcp(port), `Databases${suffix}`);
  }
  return group;
}

/** The only user of the endpoint. */
interface EndpointUser {
  readonly functionName: string;
  readonly role: IRole;
  readonly securityGroup: ISecurityGroup | undefined;
}

/**
 * Creates an interface endpoint for Secrets Manager. Private DNS is off: with it, the whole VPC would use this endpoint, also
 * clients that its security group and its policy refuse.
 *
 * @returns the endpoint's URL
 */
export function createEndpoint(scope: Construct, { vpc, vpcSubnets }: Network, user: EndpointUser): string {
  const group = new SecurityGroup(scope, "EndpointSecurityGroup", {
    vpc,
    description: "Interface endpoint of Secrets Manager",
    allowAllOutbound: false,
  });
  if (user.securityGroup) {
    group.addIngressRule(user.securityGroup, Port.tcp(443), `Rotation function ${user.functionName}`);
  }
  const endpoint = new InterfaceVpcEndpoint(scope, "SecretsManagerVpcEndpoint", {
    vpc,
    service: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
    ...(vpcSubnets && { subnets: vpcSubnets }),
    securityGroups: [group],
    privateDnsEnabled: false,
    open: false,
  });
  const { Statement } = policy("vpc-endpoint", { RotationRoleArn: user.role.roleArn }) as {
    Statement: object[];
  };
  for (const statement of Statement) {
    endpoint.addToPolicy(PolicyStatement.fromJson(statement));
  }
  // The format of a DNS entry is "<hosted zone id>:<host name>".
  return `https://${Fn.select(1, Fn.split(":", Fn.select(0, endpoint.vpcEndpointDnsEntries)))}`;
}
