import { Logger } from "@aws-lambda-powertools/logger";
import type { PreflightEvent, RotationEvent } from "../protocol/event.ts";
import { redact } from "./redact.ts";
import { oneLine } from "./safe-text.ts";

/** The version in package.json. The build defines it; it is undefined in tests of the sources. */
declare const ROTATION_FUNCTION_VERSION: string | undefined;

const logger = new Logger({ serviceName: "rotation" });

if (typeof ROTATION_FUNCTION_VERSION === "string") {
  logger.info("The rotation function has started.", { version: ROTATION_FUNCTION_VERSION });
}

/** Fields of a log line besides its message. Never a value of a secret, never RotationToken. */
type Details = Record<string, string | number | undefined>;

export interface Log {
  info(message: string, details?: Details): void;
  warn(message: string, details?: Details): void;
  error(message: string, details?: Details): void;
}

/** Returns a log of JSON lines that have the step, the secret's ARN and the token. */
export function logFor(event: RotationEvent | PreflightEvent): Log {
  const common = {
    step: event.Step,
    secret: oneLine(event.SecretId),
    ...("ClientRequestToken" in event && { token: oneLine(event.ClientRequestToken) }),
  };
  const line = (message: string) => oneLine(redact(message));
  return {
    info: (message, details) => logger.info(line(message), { ...common, ...details }),
    warn: (message, details) => logger.warn(line(message), { ...common, ...details }),
    error: (message, details) => logger.error(line(message), { ...common, ...details }),
  };
}
