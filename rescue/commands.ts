import type { Verb } from "./options.ts";

/** The commands that a report tells a person to run. */

export function rescueCommand(verb: Verb, arn: string, options = ""): string {
  return `npm run rescue -- ${verb} --secret-id ${arn}${options && ` ${options}`}`;
}

export function awsCommand(operation: string, arn: string, options = ""): string {
  return `aws secretsmanager ${operation} --secret-id ${arn}${options && ` ${options}`}`;
}
