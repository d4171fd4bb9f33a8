import { RotateSecretCommand } from "@aws-sdk/client-secrets-manager";
import * as v from "valibot";
import type { Screen } from "./screen.ts";
import type { Setup } from "./setup.ts";

const reportSchema = v.looseObject({
  outcome: v.string(),
  checks: v.array(
    v.looseObject({
      name: v.string(),
      status: v.string(),
      milliseconds: v.number(),
      cause: v.optional(v.string()),
      details: v.array(v.string()),
    }),
  ),
});

/** The function's answer to `{"Step": "preflight"}`. */
export type PreflightReport = v.InferOutput<typeof reportSchema>;

/** Names the function in the secret, without rotating it, and asks the function what a rotation would come to. */
export async function askPreflight({ stack, secretArn }: Setup): Promise<PreflightReport> {
  const { rotationFunction, operator, secretsManager } = stack;
  const RotationLambdaARN = rotationFunction.arn;
  await operator.send(
    new RotateSecretCommand({ SecretId: secretArn, RotationLambdaARN, RotateImmediately: false }),
  );
  await secretsManager.settled(secretArn);
  return v.parse(reportSchema, await rotationFunction.ask({ Step: "preflight", SecretId: secretArn }));
}

export function printPreflight(screen: Screen, { outcome, checks }: PreflightReport): void {
  screen.heading("Preflight: would a rotation succeed?");
  for (const { name, status, milliseconds, details, cause } of checks) {
    const time = status === "not-checked" ? "" : `${milliseconds} ms`;
    const style = status === "ok" ? "green" : status === "failed" ? "red" : "yellow";
    const shown = screen.paint(style, status.padEnd(12));
    screen.line(`  ${name.padEnd(22)}${shown}${time.padStart(7)}  ${details[0] ?? cause ?? ""}`.trimEnd());
    for (const statement of name === "plan" ? details.slice(1) : []) screen.line(`      ${statement}`);
  }
  screen.line(`  ${outcome}: npm run preflight asks a deployed function the same`);
}
