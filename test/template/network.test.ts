import { describe, expect, it } from "vitest";
import { policy, withPlaceholders } from "./policies.ts";
import { propertiesOf } from "./stack.ts";
import { stackWith } from "./stack-with.ts";
import type { Json } from "./template.ts";

const VPC = { vpcSubnetIds: "subnet-1,subnet-2", vpcId: "vpc-1" };

describe("a function in a VPC", () => {
  it("is refused without a security group, or a VPC to create one in", () => {
    expect(stackWith({ vpcSubnetIds: "subnet-1" }).brokenRules).toEqual([
      expect.stringContaining("vpcSecurityGroupIds"),
    ]);
    expect(stackWith({ databaseSecurityGroupId: "sg-9" }).brokenRules).toEqual([
      expect.stringContaining("vpcId"),
    ]);
    expect(stackWith({ createSecretsManagerVpcEndpoint: "true" }).brokenRules).toEqual([
      expect.stringContaining("vpcId"),
    ]);
    const twoEndpoints = { ...VPC, createSecretsManagerVpcEndpoint: "true", endpoint: "https://e" };
    expect(stackWith(twoEndpoints).brokenRules).toEqual([expect.stringContaining("endpoint")]);
  });

  it("gets a security group that allows traffic to Secrets Manager and to the engine's port, and none from outside", () => {
    const stack = stackWith(VPC);
    expect(stack.brokenRules).toEqual([]);
    expect(Object.keys(stack.resources).toSorted()).toEqual(
      [...Object.keys(stackWith().resources), "FunctionSecurityGroup"].sort(),
    );
    const group = propertiesOf(stack, "FunctionSecurityGroup");
    expect(group.SecurityGroupIngress).toBeUndefined();
    expect(group.SecurityGroupEgress).toMatchObject([{ FromPort: 443 }, { FromPort: 5432, ToPort: 5432 }]);
    expect(propertiesOf(stack, "PostgresSingleUserFunction").VpcConfig).toMatchObject({
      SecurityGroupIds: [`\${FunctionSecurityGroup.GroupId}`],
    });
    expect(stack.outputs.SecurityGroupId).toBe(`\${FunctionSecurityGroup.GroupId}`);
    const mysql = propertiesOf(stackWith({ ...VPC, engine: "mysql" }), "FunctionSecurityGroup");
    expect(mysql.SecurityGroupEgress).toMatchObject([{}, { FromPort: 3306 }]);
  });

  it("reaches Secrets Manager and databases over IPv6 if it is allowed", () => {
    const stack = stackWith({ ...VPC, allowIpv6: "true" });
    expect(propertiesOf(stack, "PostgresSingleUserFunction").VpcConfig).toMatchObject({
      Ipv6AllowedForDualStack: true,
    });
    const { SecurityGroupEgress } = propertiesOf(stack, "FunctionSecurityGroup");
    const rules = SecurityGroupEgress as { FromPort: Json; CidrIp?: string; CidrIpv6?: string }[];
    expect(rules.map(({ FromPort, CidrIp, CidrIpv6 }) => [Number(FromPort), CidrIp ?? CidrIpv6])).toEqual([
      [443, "0.0.0.0/0"],
      [5432, "0.0.0.0/0"],
      [443, "::/0"],
      [5432, "::/0"],
    ]);
    const without = stackWith(VPC);
    expect(propertiesOf(without, "PostgresSingleUserFunction").VpcConfig).not.toHaveProperty(
      "Ipv6AllowedForDualStack",
    );
    expect(propertiesOf(without, "FunctionSecurityGroup").SecurityGroupEgress).toHaveLength(2);
  });

  it("may connect to the given database security group at the database's port", () => {
    const { resources } = stackWith({ ...VPC, databaseSecurityGroupId: "sg-9", databasePort: 6000 });
    expect(resources.DatabaseIngress?.Properties).toMatchObject({
      GroupId: "sg-9",
      SourceSecurityGroupId: `\${FunctionSecurityGroup.GroupId}`,
      FromPort: "6000",
      ToPort: "6000",
    });
  });

  it.each([
    ["its security group", {}, `\${FunctionSecurityGroup.GroupId}`],
    ["the first of the given ones", { vpcSecurityGroupIds: "sg-1,sg-2" }, "sg-1"],
  ])(
    "gets an endpoint for Secrets Manager that allows %s only, without private DNS",
    (_whom, groups, source) => {
      const stack = stackWith({ ...VPC, ...groups, createSecretsManagerVpcEndpoint: "true" });
      const { resources } = stack;
      expect(resources.SecretsManagerVpcEndpoint?.Properties).toMatchObject({
        ServiceName: `com.amazonaws.\${Region}.secretsmanager`,
        SubnetIds: ["subnet-1", "subnet-2"],
        // With private DNS all clients in the VPC would use this endpoint, which refuses them.
        PrivateDnsEnabled: false,
        PolicyDocument: expect.anything(),
      });
      const { PolicyDocument = null } = propertiesOf(stack, "SecretsManagerVpcEndpoint");
      expect(withPlaceholders(PolicyDocument, [[`\${Role.Arn}`, `\${RotationRoleArn}`]])).toEqual(
        policy("vpc-endpoint"),
      );
      expect(propertiesOf(stack, "PostgresSingleUserFunction")).toMatchObject({
        Environment: {
          Variables: { SECRETS_MANAGER_ENDPOINT: `https://\${SecretsManagerVpcEndpoint.Name}` },
        },
      });
      expect(resources.VpcEndpointSecurityGroup?.Properties.SecurityGroupIngress).toMatchObject([
        { FromPort: 443, ToPort: 443, SourceSecurityGroupId: source },
      ]);
    },
  );
});
