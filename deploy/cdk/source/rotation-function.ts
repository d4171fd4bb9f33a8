import { join } from "node:path";
import { ArnFormat, Duration, Fn, Lazy, Stack } from "aws-cdk-lib";
import { CfnAlarm, CfnDashboard } from "aws-cdk-lib/aws-cloudwatch";
import {
  type Connections,
  type IConnectable,
  InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  type ISecurityGroup,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  type SubnetSelection,
} from "aws-cdk-lib/aws-ec2";
import { EventField, Rule, RuleTargetInput } from "aws-cdk-lib/aws-events";
import { SnsTopic } from "aws-cdk-lib/aws-events-targets";
import {
  CfnRole,
  type IGrantable,
  type IManagedPolicy,
  type IPrincipal,
  type IRole,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import {
  ApplicationLogLevel,
  Architecture,
  Code,
  type ICodeSigningConfig,
  LoggingFormat,
  Runtime,
  type RuntimeManagementMode,
} from "aws-cdk-lib/aws-lambda";
import { CfnMetricFilter, CfnQueryDefinition, LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { CfnRotationSchedule, type ISecret } from "aws-cdk-lib/aws-secretsmanager";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import { portOf } from "./engines.ts";
import { type Placeholders, policy } from "./policies.ts";
import { RotationLambda } from "./rotation-lambda.ts";
import { assertSchedule, ownTime } from "./schedule.ts";
import { dashboardBody, METRIC_FILTERS, QUERIES, TROUBLESHOOTING } from "./signals.ts";

/** Database product. Aurora PostgreSQL is postgres, Aurora MySQL is mysql. */
export type Engine = "postgres" | "mysql" | "mariadb" | AddedEngine;
/** The name of an engine that your fork has added. */
export type AddedEngine = string & {};
/** single-user: the user changes its own password. master-user: two users take turns (AWS: alternating users). */
export type Strategy = "single-user" | "master-user";

/** How the function reaches a database in a VPC. */
export interface Network {
  readonly vpc: IVpc;
  readonly vpcSubnets?: SubnetSelection;
  /** Security groups of the function. Default: a new one, open to Secrets Manager and the database's port. */
  readonly securityGroups?: ISecurityGroup[];
  /** Database port that the new security group opens. Default: the engine's own (5432, 3306). */
  readonly databasePort?: number;
  /** Outbound IPv6, for dual-stack subnets. Default: false. */
  readonly allowIpv6?: boolean;
  /**
   * Interface endpoint for Secrets Manager, for subnets without a NAT gateway. It serves this function alone, and has no
   * private DNS. Default: false.
   */
  readonly createEndpoint?: boolean;
}

export interface RotationFunctionProps {
  readonly engine: Engine;
  readonly strategy: Strategy;
  /** Name of the function. Explicit, so that the role can name the function before it exists. */
  readonly functionName: string;
  /** Code of the function. Default: the one in this package. */
  readonly code?: Code;
  /** Default: ARM_64. */
  readonly architecture?: Architecture;
  /** Memory in MB. Default: 256. */
  readonly memorySize?: number;
  /** URL of Secrets Manager, for an existing VPC endpoint without private DNS, or for the dual-stack endpoint. */
  readonly endpoint?: string;
  /** Default: Lambda's updates of the runtime. */
  readonly runtimeManagementMode?: RuntimeManagementMode;
  readonly codeSigningConfig?: ICodeSigningConfig;
  /** Customer managed keys of the secrets. Those of secrets that rotate() is called with need not be named. */
  readonly encryptionKeys?: readonly IKey[];
  /** With master-user: master secrets that the function may read. A secret without masterarn gets the first. */
  readonly masterSecrets?: readonly ISecret[];
  /** Customer managed keys of the master secrets. Those that the secrets know need not be named. */
  readonly masterEncryptionKeys?: readonly IKey[];
  /** With master-user: database host. Required if RDS manages the master secret, which then stores no host. */
  readonly databaseHost?: string;
  readonly network?: Network;
  /** Existing role, with the statements in policies/. Default: a new one. */
  readonly role?: IRole;
  /** Permissions boundary of the new role. */
  readonly permissionsBoundary?: IManagedPolicy;
  /** Path of the new role. Default: / */
  readonly rolePath?: string;
  /** Lowest level of the function's own log lines that Lambda keeps. Default: INFO. */
  readonly logLevel?: ApplicationLogLevel;
  /** Default: three months. */
  readonly logRetention?: RetentionDays;
  /** Customer managed key of the log group. */
  readonly logEncryptionKey?: IKey;
  /** Topic for failures. Default: no alarms. */
  readonly alarmTopic?: ITopic;
  /**
   * Message for every failed rotation in the account and Region; needs a CloudTrail trail. With several functions true for
   * one. Default: true.
   */
  readonly alarmOnEveryFailedRotation?: boolean;
  /** CloudWatch dashboard of the function, with rotations, failures by reason and durations. Default: false. */
  readonly dashboard?: boolean;
  /**
   * Other keys of the secrets that hold connection URLs, such as DATABASE_URL: they get the new user name and password, too.
   * Nested keys as a path with dots.
   */
  readonly connectionUrlKeys?: readonly string[];
  /** Further environment variables, such as EXCLUDE_CHARACTERS, PASSWORD_LENGTH or DATABASE_CA_FILE. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Schedule {
  /** cron() or rate() expression in UTC. Default: a day and an hour that follow from the construct's path. */
  readonly expression?: string;
  /** Window in which a rotation may start, such as 3h. Default: AWS's; with the default expression, 3h. */
  readonly duration?: string;
  /** Default: false; deployment only tests the current value then. */
  readonly rotateImmediately?: boolean;
}

/** One rotation function with what template.yaml makes: role, permission, log group, network and alarms. */
export class RotationFunction extends Construct implements IGrantable, IConnectable {
  readonly functionArn: string;
  /** For secret.addRotationSchedule(), which adds no permission: Secrets Manager has one, for this account alone. */
  readonly lambda: RotationLambda;
  readonly role: IRole;
  readonly logGroup: LogGroup;
  readonly grantPrincipal: IPrincipal;
  readonly #props: RotationFunctionProps;
  readonly #keys = new Set<string>();

  constructor(scope: Construct, id: string, props: RotationFunctionProps) {
    super(scope, id);
    this.#props = props;
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
    const cfnRole = props.role === undefined ? this.#createRole() : undefined;
    // The function has the role as it is: the CDK would add policies of its own, such as addRotationSchedule() does. What is
    // granted to this construct is added.
    this.role =
      props.role ?? Role.fromRoleArn(this, "ImmutableRole", cfnRole?.attrArn ?? "", { mutable: false });
    this.grantPrincipal = (
      cfnRole ? Role.fromRoleName(this, "MutableRole", cfnRole.ref) : this.role
    ).grantPrincipal;
    const securityGroups = network && (network.securityGroups ?? [this.#createSecurityGroup(network)]);
    const endpoint =
      props.endpoint ?? (network?.createEndpoint ? this.#createEndpoint(network, securityGroups) : undefined);

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
      logGroup: this.logGroup,
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
    this.#createSignals();
    if (props.alarmTopic) this.#createAlarms(props.alarmTopic);
  }

  /** Security groups of the function: `database.connections.allowDefaultPortFrom(rotation)`. */
  get connections(): Connections {
    return this.lambda.connections;
  }

  /**
   * Rotates a secret on a schedule. Other secrets can use the function as well.
   *
   * @throws if AWS would refuse the schedule.
   */
  rotate(id: string, secret: ISecret, schedule: Schedule = {}): CfnRotationSchedule {
    if (secret.encryptionKey) this.#keys.add(secret.encryptionKey.keyArn);
    const scope = new Construct(this, id);
    const { expression, duration } = schedule.expression
      ? { expression: schedule.expression, duration: schedule.duration }
      : { ...ownTime(scope), ...(schedule.duration && { duration: schedule.duration }) };
    assertSchedule(expression, duration);
    const made = new CfnRotationSchedule(scope, "Schedule", {
      secretId: secret.secretFullArn ?? secret.secretArn,
      rotationLambdaArn: this.functionArn,
      rotationRules: { scheduleExpression: expression, ...(duration && { duration }) },
      rotateImmediatelyOnUpdate: schedule.rotateImmediately ?? false,
    });
    made.node.addDependency(this.lambda.mayInvoke);
    return made;
  }

  #createRole(): CfnRole {
    const { permissionsBoundary, rolePath, functionName } = this.#props;
    return new CfnRole(this, "Role", {
      description: `Execution role of the rotation function ${functionName}`,
      assumeRolePolicyDocument: policy("trust", {}),
      ...(rolePath && { path: rolePath }),
      ...(permissionsBoundary && { permissionsBoundary: permissionsBoundary.managedPolicyArn }),
      // Once all keys are known.
      policies: Lazy.any({ produce: () => this.#policies() }),
    });
  }

  #policies(): object[] {
    const { strategy, masterSecrets = [], masterEncryptionKeys = [], network } = this.#props;
    const known = masterSecrets.flatMap(({ encryptionKey }) => encryptionKey ?? []);
    const masterKeys = new Set([...masterEncryptionKeys, ...known].map(({ keyArn }) => keyArn));
    const placeholders: Placeholders = {
      RotationLambdaArn: this.functionArn,
      LogGroupArn: Stack.of(this).formatArn({
        service: "logs",
        resource: "log-group",
        resourceName: this.logGroup.logGroupName,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
      MasterSecretArn: masterSecrets.map((secret) => secret.secretFullArn ?? secret.secretArn),
      MasterSecretKeyArn: [...masterKeys],
      SecretKeyArn: [...this.#keys],
    };
    const names = [
      `rotation-${strategy}`,
      "logs",
      ...(this.#keys.size > 0 ? ["secret-key"] : []),
      ...(strategy === "master-user" && masterKeys.size > 0 ? ["master-secret-key"] : []),
      ...(network ? ["network", "network-not-for-code"] : []),
    ];
    return names.map((policyName) => ({ policyName, policyDocument: policy(policyName, placeholders) }));
  }

  /** Outbound to any address: the secrets of one function name databases in several security groups. */
  #createSecurityGroup({ vpc, databasePort, allowIpv6 }: Network): SecurityGroup {
    const group = new SecurityGroup(this, "SecurityGroup", {
      vpc,
      description: `Rotation function ${this.#props.functionName}`,
      allowAllOutbound: false,
    });
    const port = databasePort ?? portOf(this.#props.engine);
    for (const [peer, suffix] of [
      [Peer.anyIpv4(), ""],
      ...(allowIpv6 ? [[Peer.anyIpv6(), " over IPv6"] as const] : []),
    ] as const) {
      group.addEgressRule(peer, Port.tcp(443), `Secrets Manager${suffix}`);
      group.addEgressRule(peer, Port.tcp(port), `Databases${suffix}`);
    }
    return group;
  }

  /** @returns its URL. Without private DNS, with which the whole VPC would use an endpoint that refuses it. */
  #createEndpoint({ vpc, vpcSubnets }: Network, [functionGroup]: ISecurityGroup[] = []): string {
    const group = new SecurityGroup(this, "EndpointSecurityGroup", {
      vpc,
      description: "Interface endpoint of Secrets Manager",
      allowAllOutbound: false,
    });
    if (functionGroup) {
      group.addIngressRule(functionGroup, Port.tcp(443), `Rotation function ${this.#props.functionName}`);
    }
    const endpoint = new InterfaceVpcEndpoint(this, "SecretsManagerVpcEndpoint", {
      vpc,
      service: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
      ...(vpcSubnets && { subnets: vpcSubnets }),
      securityGroups: [group],
      privateDnsEnabled: false,
      open: false,
    });
    const { Statement } = policy("vpc-endpoint", { RotationRoleArn: this.role.roleArn }) as {
      Statement: object[];
    };
    for (const statement of Statement) {
      endpoint.addToPolicy(PolicyStatement.fromJson(statement));
    }
    // An entry is a hosted zone, a colon and a name.
    return `https://${Fn.select(1, Fn.split(":", Fn.select(0, endpoint.vpcEndpointDnsEntries)))}`;
  }

  /** From the function's own log: these need no CloudTrail trail. */
  #createSignals(): void {
    const { functionName, dashboard = false } = this.#props;
    const { logGroupName } = this.logGroup;
    for (const [metricName, { filterPattern, dimensions }] of Object.entries(METRIC_FILTERS)) {
      const transformation = {
        metricNamespace: this.#metricNamespace,
        metricName,
        metricValue: "1",
        unit: "Count",
      };
      new CfnMetricFilter(this, metricName, {
        logGroupName,
        filterPattern,
        metricTransformations: [
          { ...transformation, ...(dimensions ? { dimensions } : { defaultValue: 0 }) },
        ],
      });
    }
    for (const [id, { title, queryString }] of Object.entries(QUERIES)) {
      const name = `${functionName}/${title}`;
      new CfnQueryDefinition(this, id, { name, logGroupNames: [logGroupName], queryString });
    }
    if (dashboard) {
      const { region } = Stack.of(this);
      const body = { region, functionName, logGroupName, metricNamespace: this.#metricNamespace };
      new CfnDashboard(this, "Dashboard", {
        dashboardName: `${functionName}-rotation`,
        dashboardBody: Stack.of(this).toJsonString(dashboardBody(body)),
      });
    }
  }

  get #metricNamespace(): string {
    return `SecretRotation/${this.#props.functionName}`;
  }

  #createAlarms(topic: ITopic): void {
    const { functionName, alarmOnEveryFailedRotation = true } = this.#props;
    topic.grantPublish(new ServicePrincipal("cloudwatch.amazonaws.com"));
    const ofFunction = {
      namespace: "AWS/Lambda",
      dimensions: [{ name: "FunctionName", value: functionName }],
    };
    for (const [metricName, what, source] of [
      ["Errors", "failed. Its log group has the cause and the remedy.", ofFunction],
      ["Throttles", "were throttled. Secrets Manager starts such rotations over.", ofFunction],
      [
        "FailuresForAPerson",
        "failed for a reason that does not heal by itself.",
        { namespace: this.#metricNamespace },
      ],
    ] as const) {
      new CfnAlarm(this, `${metricName}Alarm`, {
        alarmDescription: `The rotation function ${functionName}: invocations ${what} ${TROUBLESHOOTING}`,
        ...source,
        metricName,
        statistic: "Sum",
        period: 300,
        evaluationPeriods: 1,
        threshold: 1,
        comparisonOperator: "GreaterThanOrEqualToThreshold",
        treatMissingData: "notBreaching",
        alarmActions: [topic.topicArn],
      });
    }
    if (!alarmOnEveryFailedRotation) {
      return;
    }
    const [event, time] = ["$.detail.eventName", "$.time"].map((path) => EventField.fromPath(path));
    const secret = EventField.fromPath("$.detail.additionalEventData.SecretId");
    // The events name the secret and not the function: the rule matches every secret in the account and Region.
    new Rule(this, "FailedRotations", {
      description: "Rotations of secrets that failed or were abandoned",
      eventPattern: {
        source: ["aws.secretsmanager"],
        detailType: ["AWS Service Event via CloudTrail"],
        detail: {
          eventSource: ["secretsmanager.amazonaws.com"],
          eventName: ["RotationFailed", "RotationAbandoned", "TestRotationFailed"],
        },
      },
      targets: [
        new SnsTopic(topic, {
          message: RuleTargetInput.fromText(
            `${event} at ${time}: ${secret}. The log group of its rotation function has the cause.`,
          ),
        }),
      ],
    });
  }
}
