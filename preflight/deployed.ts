import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { paginateListSecrets, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import * as v from "valibot";
import type { Report } from "../shared/preflight/report.ts";
import { oneLine } from "../shared/report/safe-text.ts";
import { reportSchema } from "./schema.ts";

/** What went wrong before there was a report, as a sentence. */
export class NoReport extends Error {}

/** Lambda's answer of a function that has thrown: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html */
const thrownSchema = v.object({ errorMessage: v.string() });

/** A deployed function, with the credentials and the region of whoever runs this. */
export interface Deployed {
  ask(secretId: string): Promise<Report>;
  /** The ARNs of the secrets that name the function, also by a version or an alias. */
  secrets(): Promise<string[]>;
}

export function deployed(functionName: string): Deployed {
  const region = /^arn:[^:]+:lambda:([^:]+):/.exec(functionName)?.[1] ?? process.env.AWS_REGION;
  const client = new LambdaClient({ ...(region && { region }) });
  return {
    async ask(SecretId) {
      const Payload = JSON.stringify({ Step: "preflight", SecretId });
      const answer = await client
        .send(new InvokeCommand({ FunctionName: functionName, Payload }))
        .catch(refused("Invoke"));
      const said: unknown = JSON.parse(Buffer.from(answer.Payload ?? []).toString() || "null");
      if (answer.FunctionError !== undefined) {
        const thrown = v.safeParse(thrownSchema, said);
        const why = thrown.success ? thrown.output.errorMessage : "without a message";
        throw new NoReport(`The function has failed: ${oneLine(why)}`);
      }
      const report = v.safeParse(reportSchema, said);
      if (!report.success) {
        throw new NoReport(
          "The function answered with something else than a report. Is it a rotation function of this repository, as new as this command?",
        );
      }
      return report.output;
    },
    async secrets() {
      const arns: string[] = [];
      const secretsManager = new SecretsManagerClient({ ...(region && { region }) });
      try {
        for await (const { SecretList = [] } of paginateListSecrets(
          { client: secretsManager, pageSize: 100 },
          {},
        )) {
          for (const { ARN, RotationLambdaARN } of SecretList) {
            if (ARN && RotationLambdaARN && isNamed(RotationLambdaARN, functionName)) arns.push(ARN);
          }
        }
      } catch (error) {
        refused("ListSecrets")(error);
      }
      return arns;
    },
  };
}

/** Whether an ARN is the function's, also with a version or an alias. */
function isNamed(functionArn: string, name: string): boolean {
  const parts = functionArn.split(":").slice(0, 7);
  return name.startsWith("arn:")
    ? parts.join(":") === name.split(":").slice(0, 7).join(":")
    : parts[6] === name;
}

function refused(operation: string): (error: unknown) => never {
  return (error) => {
    const { name, message } = error instanceof Error ? error : { name: "unknown error", message: "" };
    throw new NoReport(
      `${operation} failed: ${oneLine(`${name} ${message}`)} policies/preflight.json says what it takes.`,
    );
  };
}
