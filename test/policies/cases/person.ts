import { ACCOUNT, FUNCTION, OTHER_FUNCTION, PERSON, ROLE, SECRET } from "../account.ts";
import { type Case, lets, refuses, refusesElsewhere, type Setting } from "./case.ts";

/** Keys of the conditions, by what they say. */
export const rotatedBy = (arn: string) => ({ "secretsmanager:resource/AllowRotationLambdaArn": arn });
export const choosing = (arn: string) => ({ "secretsmanager:RotationLambdaARN": arn });
export const newRules = (modified: boolean) => ({ "secretsmanager:ModifyRotationRules": String(modified) });
export const moving = (label: string) => ({ "secretsmanager:VersionStage": label });

/** Somebody with this file as his only policy, and what his request says besides. */
export function person(file: string, ...keys: Record<string, string>[]): Setting {
  const context = { "aws:PrincipalArn": PERSON, "aws:PrincipalAccount": ACCOUNT };
  return { principal: PERSON, context: Object.assign(context, ...keys), identity: [file] };
}

/** What is for nobody here: values for those who rotate, and the function and its role for anyone. */
export function neverFor(file: string, actions: string[]): Case[] {
  const ours = person(file, rotatedBy(FUNCTION));
  return [
    ...actions.map((action) => refuses(action, ours, action, SECRET)),
    refuses("the code of the function", person(file), "lambda:UpdateFunctionCode", FUNCTION),
    refuses("who may invoke the function", person(file), "lambda:AddPermission", FUNCTION),
    refuses("the role of the function", person(file), "iam:PutRolePolicy", ROLE),
    refuses("handing on the role of the function", person(file), "iam:PassRole", ROLE),
  ];
}

export function invokes(file: string): Case[] {
  return [
    lets("the rotation function be invoked", person(file), "lambda:InvokeFunction", FUNCTION),
    refuses("another function", person(file), "lambda:InvokeFunction", OTHER_FUNCTION),
    ...refusesElsewhere("the function", person(file), "lambda:InvokeFunction", FUNCTION),
  ];
}
