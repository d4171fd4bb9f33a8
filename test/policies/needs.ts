import { list, type PolicyDocument } from "./documents.ts";

/** Only a rotation on MySQL that finds the password of an abandoned one asks for it. */
export const LIST_VERSIONS = "secretsmanager:ListSecretVersionIds";

/** The step at which a rotation is refused without this action in this statement. */
const REFUSED_AT: Readonly<Record<string, string>> = {
  "RotateSecrets secretsmanager:DescribeSecret": "createSecret",
  "RotateSecrets secretsmanager:GetSecretValue": "createSecret",
  [`RotateSecrets ${LIST_VERSIONS}`]: "setSecret",
  "RotateSecrets secretsmanager:PutSecretValue": "createSecret",
  "RotateSecrets secretsmanager:UpdateSecretVersionStage": "finishSecret",
  "GeneratePassword secretsmanager:GetRandomPassword": "createSecret",
  "ReadMasterSecret secretsmanager:GetSecretValue": "setSecret",
  "UseSecretKey kms:Decrypt": "createSecret",
  "UseSecretKey kms:GenerateDataKey": "createSecret",
  "DecryptMasterSecret kms:Decrypt": "setSecret",
};

/** One action that one statement of a file allows. */
export interface Need {
  readonly file: string;
  readonly sid: string;
  readonly action: string;
  readonly refusedAt: string | undefined;
}

export function needsOf(file: string, { Statement }: PolicyDocument): Need[] {
  return Statement.flatMap(({ Sid: sid, Action }) =>
    list(Action).map((action) => ({ file, sid, action, refusedAt: REFUSED_AT[`${sid} ${action}`] })),
  );
}

/** The policy without one action of one statement, which goes when nothing is left of it. */
export function without(policy: PolicyDocument, { sid, action }: Need): PolicyDocument {
  const Statement = policy.Statement.flatMap((statement) => {
    if (statement.Sid !== sid) return statement;
    const Action = list(statement.Action).filter((other) => other !== action);
    return Action.length === 0 ? [] : { ...statement, Action };
  });
  return { ...policy, Statement };
}
