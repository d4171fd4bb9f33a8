import type { ISecurityGroup, IVpc, SubnetSelection } from "aws-cdk-lib/aws-ec2";
import type { IManagedPolicy, IRole } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type {
  ApplicationLogLevel,
  Architecture,
  Code,
  ICodeSigningConfig,
  RuntimeManagementMode,
} from "aws-cdk-lib/aws-lambda";
import type { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import type { ITopic } from "aws-cdk-lib/aws-sns";

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
  /** Name of the function. A generated name would not do: the role's policies name the function before it exists. */
  readonly functionName: string;
  /** Code of the function. Default: the bundle in this package. */
  readonly code?: Code;
  /** Default: ARM_64. */
  readonly architecture?: Architecture;
  /** Memory in MB. Default: 256. */
  readonly memorySize?: number;
  /** URL of Secrets Manager, for an existing VPC endpoint without private DNS, or for the dual-stack endpoint. */
  readonly endpoint?: string;
  /** When Lambda updates the Node.js runtime. Default: Lambda's own (automatic). */
  readonly runtimeManagementMode?: RuntimeManagementMode;
  readonly codeSigningConfig?: ICodeSigningConfig;
  /** Customer managed keys of the secrets. rotate() adds the keys of its secrets. */
  readonly encryptionKeys?: readonly IKey[];
  /** With master-user: master secrets that the function may read. A secret without masterarn gets the first. */
  readonly masterSecrets?: readonly ISecret[];
  /** Customer managed keys of the master secrets. Needed for imported secrets: the others have an encryptionKey. */
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
   * Message for every failed rotation in the account and Region; needs a CloudTrail trail. Set it to false for all functions
   * but one, or each failure sends several messages. Default: true.
   */
  readonly alarmOnEveryFailedRotation?: boolean;
  /** CloudWatch dashboard of the function: rotations, failures and durations. Default: false. */
  readonly dashboard?: boolean;
  /**
   * Keys of the secrets that hold connection URLs, such as DATABASE_URL: a rotation replaces user name and password in the
   * URL. A nested key is a path with dots.
   */
  readonly connectionUrlKeys?: readonly string[];
  /** Further environment variables, such as EXCLUDE_CHARACTERS, PASSWORD_LENGTH or DATABASE_CA_FILE. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Schedule {
  /** cron() or rate() expression in UTC. Default: monthly, on a day and at an hour that follow from the construct's path. */
  readonly expression?: string;
  /** Window in which AWS starts a rotation, such as 3h. Default: AWS's; with the default expression, 3h. */
  readonly duration?: string;
  /** Whether deployment rotates the secret. If false, deployment only tests the current value. Default: false. */
  readonly rotateImmediately?: boolean;
}
