import { App, CfnOutput, Stack } from "aws-cdk-lib";
import { SecurityGroup, SubnetType, Vpc } from "aws-cdk-lib/aws-ec2";
import { RotationFunction } from "./rotation-function.ts";

// Put in your own: these belong to nobody.
const SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app-a1B2c3";
const SECRET_KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const MASTER_SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:master-d4E5f6";

const stack = new Stack(new App(), "RotatePostgresMasterUser");

const vpc = Vpc.fromVpcAttributes(stack, "Vpc", {
  vpcId: "vpc-0123456789abcdef0",
  availabilityZones: ["us-east-1a", "us-east-1b"],
  isolatedSubnetIds: ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
  isolatedSubnetRouteTableIds: ["rtb-0123456789abcdef0", "rtb-0123456789abcdef1"],
});

const rotation = new RotationFunction(stack, "Rotation", {
  engine: "postgres",
  strategy: "master-user",
  functionName: "rotate-postgres-master-user",
  masterSecretArn: MASTER_SECRET,
  secretKeyArn: SECRET_KEY,
  network: {
    vpc,
    vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
    securityGroups: [SecurityGroup.fromSecurityGroupId(stack, "SecurityGroup", "sg-0123456789abcdef0")],
  },
});
rotation.rotate("Schedule", SECRET);

new CfnOutput(stack, "RotationLambdaARN", { value: rotation.functionArn });
