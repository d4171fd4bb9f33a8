import { ArnFormat, Lazy, Stack } from "aws-cdk-lib";
import { CfnRole } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { type Placeholders, policy } from "./policies.ts";
import type { RotationFunctionProps } from "./props.ts";

/** Names that the policies of the role contain. */
export interface Granted {
  readonly functionArn: string;
  readonly logGroupName: string;
  /** ARNs of the secrets' customer managed keys. They are read at synthesis, when rotate() has added the last one. */
  readonly keys: ReadonlySet<string>;
}

export function createRole(scope: Construct, props: RotationFunctionProps, granted: Granted): CfnRole {
  const { permissionsBoundary, rolePath, functionName } = props;
  return new CfnRole(scope, "Role", {
    description: `Execution role of the rotation function ${functionName}`,
    assumeRolePolicyDocument: policy("trust", {}),
    ...(rolePath && { path: rolePath }),
    ...(permissionsBoundary && { permissionsBoundary: permissionsBoundary.managedPolicyArn }),
    policies: Lazy.any({ produce: () => inlinePolicies(Stack.of(scope), props, granted) }),
  });
}

function inlinePolicies(
  stack: Stack,
  { strategy, masterSecrets = [], masterEncryptionKeys = [], network }: RotationFunctionProps,
  { functionArn, logGroupName, keys }: Granted,
): object[] {
  const known = masterSecrets.flatMap(({ encryptionKey }) => encryptionKey ?? []);
  const masterKeys = new Set([...masterEncryptionKeys, ...known].map(({ keyArn }) => keyArn));
  const placeholders: Placeholders = {
    RotationLambdaArn: functionArn,
    LogGroupArn: stack.formatArn({
      service: "logs",
      resource: "log-group",
      resourceName: logGroupName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    }),
    MasterSecretArn: masterSecrets.map((secret) => secret.secretFullArn ?? secret.secretArn),
    MasterSecretKeyArn: [...masterKeys],
    SecretKeyArn: [...keys],
  };
  const names = [
    `rotation-${strategy}`,
    "logs",
    ...(keys.size > 0 ? ["secret-key"] : []),
    ...(strategy === "master-user" && masterKeys.size > 0 ? ["master-secret-key"] : []),
    ...(network ? ["network", "network-not-for-code"] : []),
  ];
  return names.map((policyName) => ({ policyName, policyDocument: policy(policyName, placeholders) }));
}
