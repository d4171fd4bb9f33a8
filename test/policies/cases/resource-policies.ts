import { ACCOUNT, BREAK_GLASS, FUNCTION, OTHER_ACCOUNT, PERSON, ROLE, SECRET } from "../account.ts";
import { ADMINISTRATOR } from "../others.ts";
import { type Case, lets, refuses, refusesElsewhere, type Setting } from "./case.ts";
import { CODE } from "./function-role.ts";

/** A service of AWS at work for an account: it has no policies of its own. */
function service(principal: string, account: string, resourcePolicy: string): Setting {
  return { principal, context: { "aws:SourceAccount": account }, identity: [], resourcePolicy };
}

const INVOKE = "lambda:InvokeFunction";
const invoking = service("secretsmanager.amazonaws.com", ACCOUNT, "invoke.json");
const assuming = service("lambda.amazonaws.com", ACCOUNT, "trust.json");
const ASSUME = "sts:AssumeRole";

/** Somebody who may do anything, as far as his own policies go. */
function administrator(principal: string, roleArn: string, resourcePolicy: string): Setting {
  const context = { "aws:PrincipalArn": roleArn, "aws:PrincipalAccount": ACCOUNT };
  return { principal, context, identity: [ADMINISTRATOR], resourcePolicy };
}

const WRITES = [
  "secretsmanager:PutSecretValue",
  "secretsmanager:UpdateSecret",
  "secretsmanager:UpdateSecretVersionStage",
];
const PROTECT = "protect-secret.json";
const rotation = administrator(CODE.principal, ROLE, PROTECT);
const breakGlass = administrator(`arn:aws:sts::${ACCOUNT}:assumed-role/break-glass/me`, BREAK_GLASS, PROTECT);
const person = administrator(PERSON, PERSON, PROTECT);

export const RESOURCE_POLICIES: Readonly<Record<string, readonly Case[]>> = {
  "invoke.json": [
    lets("Secrets Manager invoke the function for this account", invoking, INVOKE, FUNCTION),
    refuses(
      "Secrets Manager at work for another account",
      service("secretsmanager.amazonaws.com", OTHER_ACCOUNT, "invoke.json"),
      INVOKE,
      FUNCTION,
    ),
    refuses("Secrets Manager when it does not say for whom", { ...invoking, context: {} }, INVOKE, FUNCTION),
    refuses("another service", service("events.amazonaws.com", ACCOUNT, "invoke.json"), INVOKE, FUNCTION),
    refuses("an alias of the function", invoking, INVOKE, `${FUNCTION}:live`),
    ...refusesElsewhere("a function", invoking, INVOKE, FUNCTION).map((one) => ({
      ...one,
      resourcePolicy: "invoke.json",
    })),
    refuses("another function", invoking, INVOKE, `${FUNCTION}-other`),
    refuses("Secrets Manager anything else", invoking, "lambda:UpdateFunctionCode", FUNCTION),
  ],
  "trust.json": [
    lets("Lambda assume the role for this account", assuming, ASSUME, ROLE),
    refuses(
      "Lambda at work for another account",
      service("lambda.amazonaws.com", OTHER_ACCOUNT, "trust.json"),
      ASSUME,
      ROLE,
    ),
    refuses(
      "Secrets Manager: it invokes the function, and assumes nothing",
      service("secretsmanager.amazonaws.com", ACCOUNT, "trust.json"),
      ASSUME,
      ROLE,
    ),
    refuses("a person, whatever his policies say", administrator(PERSON, PERSON, "trust.json"), ASSUME, ROLE),
    refuses("Lambda to tag its session", assuming, "sts:TagSession", ROLE),
  ],
  [PROTECT]: [
    ...WRITES.flatMap((action) => [
      lets(`the rotation ${action}`, rotation, action, SECRET),
      lets(`the break-glass principal ${action}`, breakGlass, action, SECRET),
      refuses(`an administrator ${action}`, person, action, SECRET),
    ]),
    ...["secretsmanager:GetSecretValue", "secretsmanager:RotateSecret", "secretsmanager:DescribeSecret"].map(
      (action) => lets(`an administrator ${action}`, person, action, SECRET),
    ),
  ],
};
