import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { paginateListSecrets, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import * as v from "valibot";
import type { Report } from "../shared/preflight/report.ts";
import { oneLine } from "../shared/report/safe-text.ts";
import { reportSchema } from "./schema.ts";

/** The function returned no report. The message has the cause. */
export class NoReport extends Error {}

/** Lambda's payload if the handler throws: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html */
const thrownSchema = v.object({ errorMessage: v.string() });

/** A deployed function, called with the operator's credentials and Region. */
export interface Deployed {
  ask(secretId: string): Promise<Report>;
  /** @returns ARNs of the secrets that name the function, also with a version or an alias */
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
      const payload: unknown = JSON.parse(Buffer.from(answer.Payload ?? []).toString() || "null");
      if (answer.FunctionError !== undefined) {
        const thrown = v.safeParse(thrownSchema, payload);
        const why = thrown.success ? thrown.output.errorMessage : "It returned no error message.";
        throw new NoReport(`The function failed: ${oneLine(why)}`);
      }
      const report = v.safeParse(reportSchema, payload);
      if (!report.success) {
        throw new NoReport(
          "The function returned no preflight report. Check that it is a rotation function of this repository, of the same version as this command.",
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

/** Whether an ARN, also with a version or an alias, is that of the function. @param name name or ARN */
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
      `${operation} failed: ${oneLine(`${name} ${message}`)} The required permissions are in policies/preflight.json.`,
    );
  };
}
