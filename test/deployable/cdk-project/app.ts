// A project that has installed the packed construct. It prints which of the schedules on its standard input were refused.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { App, Stack, Tags } from "aws-cdk-lib";
import { IpAddresses, Port, SecurityGroup, SubnetType, Vpc } from "aws-cdk-lib/aws-ec2";
import { ManagedPolicy } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { RuntimeManagementMode } from "aws-cdk-lib/aws-lambda";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Topic } from "aws-cdk-lib/aws-sns";
import { type Engine, RotationFunction, type Strategy } from "secrets-manager-rotation-functions-cdk";

const app = new App({ outdir: "cdk.out" });
const arn = (name: string) => `arn:aws:secretsmanager:us-east-1:123456789012:secret:${name}-d4E5f6`;
const key = (stack: Stack, name: string) =>
  Key.fromKeyArn(stack, name, `arn:aws:kms:us-east-1:123456789012:key/${name}`);

// Every combination of test/template/combinations.ts.
const construct = createRequire(import.meta.url).resolve(
  "secrets-manager-rotation-functions-cdk/package.json",
);
const engines: Record<Engine, object> = JSON.parse(readFileSync(join(construct, "../engines.json"), "utf8"));
for (const engine of Object.keys(engines)) {
  for (const strategy of ["single-user", "master-user"] satisfies Strategy[]) {
    for (const inVpc of [false, true]) {
      for (const withKeys of [false, true]) {
        const stack = new Stack(app, `${engine}-${strategy}-${inVpc}-${withKeys}`);
        const masterUser = strategy === "master-user";
        new RotationFunction(stack, "Rotation", {
          engine,
          strategy,
          functionName: "rotate",
          ...(masterUser && {
            masterSecrets: [Secret.fromSecretCompleteArn(stack, "Master", arn("master"))],
          }),
          ...(withKeys && { encryptionKeys: [key(stack, "secret")] }),
          ...(withKeys && masterUser && { masterEncryptionKeys: [key(stack, "master")] }),
          ...(inVpc && {
            network: {
              vpc: Vpc.fromVpcAttributes(stack, "Vpc", {
                vpcId: "vpc-1",
                availabilityZones: ["a", "b"],
                isolatedSubnetIds: ["subnet-1", "subnet-2"],
              }),
              vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
              securityGroups: [SecurityGroup.fromSecurityGroupId(stack, "Group", "sg-1")],
            },
          }),
        });
      }
    }
  }
}

const stack = new Stack(app, "Everything");
Tags.of(stack).add("team", "platform");
const secretKey = new Key(stack, "SecretKey");
const secret = new Secret(stack, "Secret", { encryptionKey: secretKey });
const master = new Secret(stack, "Master", { encryptionKey: new Key(stack, "MasterKey") });
const vpc = new Vpc(stack, "Vpc", {
  ipAddresses: IpAddresses.cidr("10.0.0.0/24"),
  natGateways: 0,
  subnetConfiguration: [{ name: "isolated", subnetType: SubnetType.PRIVATE_ISOLATED }],
});
const database = new SecurityGroup(stack, "Database", { vpc });
const rotation = new RotationFunction(stack, "Rotation", {
  engine: "mysql",
  strategy: "master-user",
  functionName: "rotate",
  masterSecrets: [master],
  databaseHost: "db.internal",
  encryptionKeys: [secretKey],
  network: {
    vpc,
    vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
    createEndpoint: true,
    allowIpv6: true,
  },
  permissionsBoundary: ManagedPolicy.fromManagedPolicyArn(
    stack,
    "Boundary",
    "arn:aws:iam::123456789012:policy/b",
  ),
  rolePath: "/rotation/",
  memorySize: 512,
  runtimeManagementMode: RuntimeManagementMode.FUNCTION_UPDATE,
  logEncryptionKey: new Key(stack, "LogKey"),
  alarmTopic: new Topic(stack, "Topic"),
  connectionUrlKeys: ["DATABASE_URL", "spring.datasource.url"],
  environment: { PASSWORD_LENGTH: "40" },
});
database.connections.allowFrom(rotation, Port.tcp(3306));
new Key(stack, "OtherKey").grantDecrypt(rotation);
secret.addRotationSchedule("Schedule", { rotationLambda: rotation.lambda });
rotation.rotate("Own", Secret.fromSecretCompleteArn(stack, "Own", arn("own")));
rotation.rotate("Another", Secret.fromSecretCompleteArn(stack, "Another", arn("another")));
rotation.rotate("Weekly", Secret.fromSecretCompleteArn(stack, "Weekly", arn("weekly")), {
  expression: "cron(0 21 ? * SUN *)",
  duration: "3h",
});

const refused = new Stack(app, "Schedules");
const scheduled = new RotationFunction(refused, "Rotation", {
  engine: "postgres",
  strategy: "single-user",
  functionName: "rotate",
});
const schedules: string[] = JSON.parse(readFileSync(0, "utf8"));
const messages = schedules.map((schedule, index) => {
  const [expression = "", duration] = schedule.split(" for ");
  try {
    const of = Secret.fromSecretCompleteArn(refused, `Of${index}`, arn(`s${index}`));
    scheduled.rotate(`Secret${index}`, of, { expression, ...(duration && { duration }) });
    return "accepted";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
});
app.synth();
process.stdout.write(JSON.stringify(messages));
