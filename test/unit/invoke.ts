import type { LambdaContext } from "../../shared/protocol/deadline.ts";
import type { Step } from "../../shared/protocol/event.ts";

export const SECRET_ID = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:orders-a1b2c3";

export const STEPS: Step[] = ["createSecret", "setSecret", "testSecret", "finishSecret"];

export function context(milliseconds = 30_000): LambdaContext {
  return { getRemainingTimeInMillis: () => milliseconds };
}

export function eventOf(step: unknown, token: unknown, more: Record<string, unknown> = {}) {
  return { Step: step, SecretId: SECRET_ID, ClientRequestToken: token, ...more };
}
