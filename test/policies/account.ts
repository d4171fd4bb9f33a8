/** An AWS account in which everything has a name: what the placeholders of policies/ stand for in the tests. */

export const ACCOUNT = "123456789012";
export const OTHER_ACCOUNT = "210987654321";
export const REGION = "us-east-1";

export const FUNCTION = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:rotate`;
export const OTHER_FUNCTION = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:other`;
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/rotation`;
export const BOUNDARY = `arn:aws:iam::${ACCOUNT}:policy/boundary`;
export const BREAK_GLASS = `arn:aws:iam::${ACCOUNT}:role/break-glass`;
export const PERSON = `arn:aws:iam::${ACCOUNT}:user/somebody`;
export const SECRET = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:app-a1b2c3`;
export const MASTER_SECRET = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:master-d4e5f6`;
export const SECRET_KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/11111111-1111-4111-8111-111111111111`;
export const MASTER_KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/22222222-2222-4222-8222-222222222222`;
export const LOG_GROUP = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/lambda/rotate`;
export const SECRETS_MANAGER = `secretsmanager.${REGION}.amazonaws.com`;

export const PLACEHOLDERS: Readonly<Record<string, string>> = {
  Partition: "aws",
  Region: REGION,
  AccountId: ACCOUNT,
  UrlSuffix: "amazonaws.com",
  RotationLambdaArn: FUNCTION,
  RotationRoleArn: ROLE,
  BreakGlassPrincipalArn: BREAK_GLASS,
  SecretArn: SECRET,
  MasterSecretArn: MASTER_SECRET,
  SecretKeyArn: SECRET_KEY,
  MasterSecretKeyArn: MASTER_KEY,
  LogGroupArn: LOG_GROUP,
  RolePath: "/rotation/",
  BoundaryArn: BOUNDARY,
  NamePrefix: "rotate",
  ArtifactBucket: "artifacts",
};

/** The same name in another partition, region and account. */
export function namesakes(arn: string): { where: string; arn: string }[] {
  const parts = arn.split(":");
  const replaced = (index: number, value: string) =>
    parts[index] ? parts.with(index, value).join(":") : arn;
  return [
    { where: "of another partition", arn: replaced(1, "aws-cn") },
    { where: "of another region", arn: replaced(3, "eu-west-1") },
    { where: "of another account", arn: replaced(4, OTHER_ACCOUNT) },
  ].filter((namesake) => namesake.arn !== arn);
}
