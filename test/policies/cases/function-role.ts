import { ACCOUNT, FUNCTION, MASTER_SECRET, OTHER_FUNCTION, ROLE, SECRET } from "../account.ts";
import { LIST_VERSIONS } from "../needs.ts";
import { type Case, lets, refuses, refusesElsewhere, type Setting } from "./case.ts";

/** The function's code, with the credentials of its role. */
export const CODE = {
  principal: `arn:aws:sts::${ACCOUNT}:assumed-role/rotation/rotate`,
  context: { "aws:PrincipalArn": ROLE, "aws:PrincipalAccount": ACCOUNT },
};

const ON_A_SECRET = [
  "secretsmanager:DescribeSecret",
  "secretsmanager:GetSecretValue",
  "secretsmanager:PutSecretValue",
  "secretsmanager:UpdateSecretVersionStage",
];

const NEVER = [
  "secretsmanager:UpdateSecret",
  "secretsmanager:RotateSecret",
  "secretsmanager:CancelRotateSecret",
  "secretsmanager:DeleteSecret",
  "secretsmanager:PutResourcePolicy",
  "secretsmanager:TagResource",
];

/** The code on a secret whose rotation function is this one, or nothing if undefined. */
function rotatedBy(lambdaArn: string | undefined, identity: string): Setting {
  const context: Record<string, string> = { ...CODE.context };
  if (lambdaArn !== undefined) context["secretsmanager:resource/AllowRotationLambdaArn"] = lambdaArn;
  return { ...CODE, context, identity: [identity] };
}

function both(file: string, actions: readonly string[]): Case[] {
  const ours = rotatedBy(FUNCTION, file);
  return [
    ...actions.map((action) => lets(`${action} on a secret it rotates`, ours, action, SECRET)),
    ...actions.flatMap((action) => [
      refuses(`${action} on another function's secret`, rotatedBy(OTHER_FUNCTION, file), action, SECRET),
      refuses(`${action} on a secret that nothing rotates`, rotatedBy(undefined, file), action, SECRET),
      ...refusesElsewhere(`${action} on a secret it rotates`, ours, action, SECRET),
    ]),
    ...["live", "1", "$LATEST"].map((qualifier) =>
      refuses(
        `a secret whose rotation function is this one by its qualifier ${qualifier}`,
        rotatedBy(`${FUNCTION}:${qualifier}`, file),
        "secretsmanager:GetSecretValue",
        SECRET,
      ),
    ),
    ...NEVER.map((action) => refuses(`${action} on a secret it rotates`, ours, action, SECRET)),
    lets("a new password", { ...CODE, identity: [file] }, "secretsmanager:GetRandomPassword", "*"),
    refuses("a list of secrets", { ...CODE, identity: [file] }, "secretsmanager:ListSecrets", "*"),
    refuses("another function", { ...CODE, identity: [file] }, "lambda:InvokeFunction", OTHER_FUNCTION),
  ];
}

const SINGLE_USER = "rotation-single-user.json";
const MASTER_USER = "rotation-master-user.json";
const READ = "secretsmanager:GetSecretValue";
const OTHER_MASTER = MASTER_SECRET.replace("master-", "other-master-");

const byMaster = rotatedBy(undefined, MASTER_USER);

export const FUNCTION_ROLE: Readonly<Record<string, readonly Case[]>> = {
  [SINGLE_USER]: [
    ...both(SINGLE_USER, [...ON_A_SECRET, LIST_VERSIONS]),
    refuses("the value of the master secret", rotatedBy(undefined, SINGLE_USER), READ, MASTER_SECRET),
  ],
  [MASTER_USER]: [
    ...both(MASTER_USER, ON_A_SECRET),
    refuses("the versions of a secret it rotates", rotatedBy(FUNCTION, MASTER_USER), LIST_VERSIONS, SECRET),
    lets("the value of the master secret", byMaster, READ, MASTER_SECRET),
    refuses("the value of another master secret", byMaster, READ, OTHER_MASTER),
    ...refusesElsewhere("the value of a master secret", byMaster, READ, MASTER_SECRET),
    ...ON_A_SECRET.filter((action) => action !== READ).map((action) =>
      refuses(`${action} on the master secret`, byMaster, action, MASTER_SECRET),
    ),
  ],
};
