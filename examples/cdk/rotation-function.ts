import { join } from "node:path";
import { ArnFormat, Aws, Duration, Stack } from "aws-cdk-lib";
import type { ISecurityGroup, IVpc, SubnetSelection } from "aws-cdk-lib/aws-ec2";
import { CfnRole, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { CfnRotationSchedule } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import { type Placeholders, policy } from "./policies.ts";

export interface RotationFunctionProps {
  readonly engine: "postgres" | "mysql" | "mariadb";
  readonly strategy: "single-user" | "master-user";
  /** Explicit, so that the role can name the function before it exists. */
  readonly functionName: string;
  /** With master-user: the master secret, and its key if that is a customer managed one. */
  readonly masterSecretArn?: string;
  readonly masterSecretKeyArn?: string;
  /** The key of the secrets that the function rotates, if it is a customer managed one. */
  readonly secretKeyArn?: string;
  readonly network?: {
    readonly vpc: IVpc;
    readonly vpcSubnets?: SubnetSelection;
    readonly securityGroups: ISecurityGroup[];
  };
  /** See README.md: EXCLUDE_CHARACTERS, PASSWORD_LENGTH, … */
  readonly environment?: Record<string, string>;
}

/** A function of dist/ with the role that policies/ describes: what template.yaml makes, as a construct. */
export class RotationFunction extends Construct {
  readonly functionArn: string;
  readonly lambda: LambdaFunction;

  constructor(scope: Construct, id: string, props: RotationFunctionProps) {
    super(scope, id);
    const { engine, strategy, functionName } = props;
    this.functionArn = Stack.of(this).formatArn({
      service: "lambda",
      resource: "function",
      resourceName: functionName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const logGroup = new LogGroup(this, "LogGroup", {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: RetentionDays.THREE_MONTHS,
    });
    const role = this.createRole(props, logGroup);
    this.lambda = new LambdaFunction(this, "Function", {
      functionName,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: "index.handler",
      code: Code.fromAsset(join(import.meta.dirname, `../../dist/${engine}-${strategy}`)),
      memorySize: 256,
      timeout: Duration.seconds(30),
      loggingFormat: LoggingFormat.JSON,
      logGroup,
      // As it is: CDK would add policies of its own to a role that it may change.
      role: Role.fromRoleArn(this, "ImmutableRole", role.attrArn, { mutable: false }),
      ...props.network,
      environment: {
        ...(props.masterSecretArn && { MASTER_SECRET_ARN: props.masterSecretArn }),
        ...props.environment,
      },
    });
    this.lambda.node.addDependency(role);
    this.lambda.addPermission("SecretsManagerMayInvoke", {
      principal: new ServicePrincipal("secretsmanager.amazonaws.com"),
      sourceAccount: Aws.ACCOUNT_ID,
    });
  }

  /** Rotates a secret on a schedule in UTC. Deploying it rotates nothing yet: it only tests the current value. */
  rotate(id: string, secretArn: string, scheduleExpression = "cron(0 3 1 * ? *)"): void {
    const schedule = new CfnRotationSchedule(this, id, {
      secretId: secretArn,
      rotationLambdaArn: this.functionArn,
      rotationRules: { scheduleExpression, duration: "3h" },
      rotateImmediatelyOnUpdate: false,
    });
    // Its permission is a part of it.
    schedule.node.addDependency(this.lambda);
  }

  private createRole(props: RotationFunctionProps, logGroup: LogGroup): CfnRole {
    const placeholders: Placeholders = {
      RotationLambdaArn: this.functionArn,
      LogGroupArn: Stack.of(this).formatArn({
        service: "logs",
        resource: "log-group",
        resourceName: logGroup.logGroupName,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
      ...(props.masterSecretArn && { MasterSecretArn: props.masterSecretArn }),
      ...(props.masterSecretKeyArn && { MasterSecretKeyArn: props.masterSecretKeyArn }),
      ...(props.secretKeyArn && { SecretKeyArn: props.secretKeyArn }),
    };
    const names = [
      `rotation-${props.strategy}`,
      "logs",
      ...(props.secretKeyArn ? ["secret-key"] : []),
      ...(props.masterSecretKeyArn ? ["master-secret-key"] : []),
      ...(props.network ? ["network", "network-not-for-code"] : []),
    ];
    return new CfnRole(this, "Role", {
      assumeRolePolicyDocument: policy("trust", placeholders),
      policies: names.map((policyName) => ({ policyName, policyDocument: policy(policyName, placeholders) })),
    });
  }
}
