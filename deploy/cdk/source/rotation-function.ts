import { join } from "node:path";
import { ArnFormat, Duration, Stack } from "aws-cdk-lib";
import type { Connections, IConnectable } from "aws-cdk-lib/aws-ec2";
import { type IGrantable, type IPrincipal, type IRole, Role } from "aws-cdk-lib/aws-iam";
import { ApplicationLogLevel, Architecture, Code, LoggingFormat, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { CfnRotationSchedule, type ISecret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import { createAlarms } from "./alarms.ts";
import { createEndpoint, createSecurityGroup } from "./network.ts";
import type { RotationFunctionProps, Schedule } from "./props.ts";
import { createRole } from "./role.ts";
import { RotationLambda } from "./rotation-lambda.ts";
import { assertSchedule, defaultSchedule } from "./schedule.ts";
import { createSignals } from "./signals.ts";

export type * from "./props.ts";

/** One rotation function with the resources of template.yaml: role, permission, log group, network and alarms. */
export class RotationFunction extends Construct implements IGrantable, IConnectable {
  readonly functionArn: string;
  /**
   * Argument for secret.addRotationSchedule(). That method adds no permission: the construct has already permitted Secrets
   * Manager to invoke the function, for this account alone.
   */
  readonly lambda: RotationLambda;
  readonly role: IRole;
  readonly logGroup: LogGroup;
  readonly grantPrincipal: IPrincipal;
  /** ARNs of the secrets' customer managed keys. */
  readonly #keys = new Set<string>();

  constructor(scope: Construct, id: string, props: RotationFunctionProps) {
    super(scope, id);
    const { engine, strategy, functionName, network, masterSecrets = [] } = props;
    if (strategy === "master-user" && masterSecrets.length === 0 && props.role === undefined) {
      throw new Error("The strategy master-user needs masterSecrets, which the function may read.");
    }
    for (const { keyArn } of props.encryptionKeys ?? []) this.#keys.add(keyArn);
    this.functionArn = Stack.of(this).formatArn({
      service: "lambda",
      resource: "function",
      resourceName: functionName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    this.logGroup = new LogGroup(this, "LogGroup", {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: props.logRetention ?? RetentionDays.THREE_MONTHS,
      ...(props.logEncryptionKey && { encryptionKey: props.logEncryptionKey }),
    });
    const { functionArn, logGroup } = this;
    const granted = { functionArn, logGroupName: logGroup.logGroupName, keys: this.#keys };
    const cfnRole = props.role === undefined ? createRole(this, props, granted) : undefined;
    // The CDK cannot add policies to the function's role: it would add broader ones than policies/ has, for example in
    // addRotationSchedule(). A grant to this construct, such as key.grantDecrypt(rotation), does change the role.
    this.role =
      props.role ?? Role.fromRoleArn(this, "ImmutableRole", cfnRole?.attrArn ?? "", { mutable: false });
    this.grantPrincipal = (
      cfnRole ? Role.fromRoleName(this, "MutableRole", cfnRole.ref) : this.role
    ).grantPrincipal;
    const securityGroups = network && (network.securityGroups ?? [createSecurityGroup(this, props, network)]);
    const user = { functionName, role: this.role, securityGroup: securityGroups?.[0] };
    const endpoint =
      props.endpoint ?? (network?.createEndpoint ? createEndpoint(this, network, user) : undefined);

    this.lambda = new RotationLambda(this, "Function", {
      functionName,
      description: `Rotates ${engine} secrets, ${strategy}`,
      runtime: Runtime.NODEJS_24_X,
      architecture: props.architecture ?? Architecture.ARM_64,
      handler: "index.handler",
      code: props.code ?? Code.fromAsset(join(import.meta.dirname, `../functions/${engine}-${strategy}`)),
      memorySize: props.memorySize ?? 256,
      timeout: Duration.seconds(30),
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: props.logLevel ?? ApplicationLogLevel.INFO,
      logGroup,
      role: this.role,
      ...(props.runtimeManagementMode && { runtimeManagementMode: props.runtimeManagementMode }),
      ...(props.codeSigningConfig && { codeSigningConfig: props.codeSigningConfig }),
      ...(network && {
        vpc: network.vpc,
        ...(network.vpcSubnets && { vpcSubnets: network.vpcSubnets }),
        ...(securityGroups && { securityGroups }),
        ...(network.allowIpv6 && { ipv6AllowedForDualStack: true }),
      }),
      environment: {
        ...(strategy === "master-user" &&
          masterSecrets[0] && { MASTER_SECRET_ARN: masterSecrets[0].secretArn }),
        ...(strategy === "master-user" && props.databaseHost && { DATABASE_HOST: props.databaseHost }),
        ...(props.connectionUrlKeys && { CONNECTION_URL_KEYS: props.connectionUrlKeys.join(",") }),
        ...(endpoint && { SECRETS_MANAGER_ENDPOINT: endpoint }),
        ...props.environment,
      },
    });
    if (cfnRole) this.lambda.node.addDependency(cfnRole);
    createSignals(this, props, logGroup.logGroupName);
    if (props.alarmTopic) createAlarms(this, props, props.alarmTopic);
  }

  /** Security groups of the function: `database.connections.allowDefaultPortFrom(rotation)`. */
  get connections(): Connections {
    return this.lambda.connections;
  }

  /**
   * Rotates a secret on a schedule. Other secrets can use the function as well.
   *
   * @throws at synthesis if AWS would reject the schedule
   */
  rotate(id: string, secret: ISecret, schedule: Schedule = {}): CfnRotationSchedule {
    if (secret.encryptionKey) this.#keys.add(secret.encryptionKey.keyArn);
    const scope = new Construct(this, id);
    const { expression, duration } = schedule.expression
      ? { expression: schedule.expression, duration: schedule.duration }
      : { ...defaultSchedule(scope), ...(schedule.duration && { duration: schedule.duration }) };
    assertSchedule(expression, duration);
    const rotation = new CfnRotationSchedule(scope, "Schedule", {
      secretId: secret.secretFullArn ?? secret.secretArn,
      rotationLambdaArn: this.functionArn,
      rotationRules: { scheduleExpression: expression, ...(duration && { duration }) },
      rotateImmediatelyOnUpdate: schedule.rotateImmediately ?? false,
    });
    rotation.node.addDependency(this.lambda.mayInvoke);
    return rotation;
  }
}
