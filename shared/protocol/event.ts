import * as v from "valibot";
import { RotationError } from "../report/errors.ts";
import { keepName, keepSecret } from "../report/redact.ts";

const STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;

export type Step = (typeof STEPS)[number];

/** The event that Secrets Manager sends. Secret and token are the same in all four steps of a rotation. */
export interface RotationEvent {
  Step: Step;
  /** The secret's full ARN. */
  SecretId: string;
  /** The id of the version being rotated in, 32 to 64 characters. */
  ClientRequestToken: string;
  /** Present in cross-account rotations. Passed on to PutSecretValue, never logged. */
  RotationToken?: string;
}

const nonEmptyString = v.pipe(v.string(), v.nonEmpty());

const eventSchema = v.object({
  Step: v.picklist(STEPS),
  SecretId: nonEmptyString,
  ClientRequestToken: v.pipe(v.string(), v.minLength(32), v.maxLength(64)),
  RotationToken: v.optional(nonEmptyString),
});

const EXPECTED: Record<string, string> = {
  Step: `Step must be one of ${STEPS.join(", ")}`,
  SecretId: "SecretId must be the ARN of the secret, a non-empty string",
  ClientRequestToken: "ClientRequestToken must be the id of a version, a string of 32 to 64 characters",
  RotationToken: "RotationToken must be a non-empty string when it is there",
};

/** @throws RotationError `malformed-event`. It names the field and quotes nothing of the event. */
export function parseEvent(event: unknown): RotationEvent {
  const parsed = v.safeParse(eventSchema, event);
  if (parsed.success) {
    keepSecret(parsed.output.RotationToken ?? "");
    keepName(parsed.output.SecretId);
    return parsed.output;
  }
  const field = String(parsed.issues[0].path?.[0]?.key ?? "");
  throw new RotationError(
    "malformed-event",
    `The event is not a rotation event: ${EXPECTED[field] ?? "it must be an object"}.`,
    isSnakeCase(event)
      ? "AWS's page writes the steps in snake_case (create_secret), the service sends camelCase (createSecret)."
      : "Let Secrets Manager invoke this function, by RotateSecret or its schedule.",
  );
}

/** The event by which an operator asks whether a rotation would succeed. */
export interface PreflightEvent {
  readonly Step: "preflight";
  /** The secret's ARN or name. */
  readonly SecretId: string;
}

const preflightSchema = v.object({ Step: v.literal("preflight"), SecretId: nonEmptyString });

/** @returns undefined if the event is not for preflight. Then `parseEvent` checks it. */
export function parsePreflight(event: unknown): PreflightEvent | undefined {
  const parsed = v.safeParse(preflightSchema, event);
  if (parsed.success) {
    keepName(parsed.output.SecretId);
    return parsed.output;
  }
  return undefined;
}

function isSnakeCase(event: unknown): boolean {
  const step = typeof event === "object" && event !== null && "Step" in event ? event.Step : undefined;
  return typeof step === "string" && /^(create|set|test|finish)_secret$/.test(step);
}
