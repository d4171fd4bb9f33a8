import * as v from "valibot";
import { RotationError } from "../report/errors.ts";
import { keepName, keepSecret } from "../report/redact.ts";

const STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;

export type Step = (typeof STEPS)[number];

/** What Secrets Manager sends: the same secret and token for all four steps of one rotation. */
export interface RotationEvent {
  Step: Step;
  /** The secret's full ARN. */
  SecretId: string;
  /** The id of the version that is being rotated in, 32 to 64 characters. */
  ClientRequestToken: string;
  /** Present when the function acts under an assumed role; goes to PutSecretValue and never into a log. */
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

/** @throws RotationError `malformed-event`, which names the field but quotes nothing of the event. */
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

/** What an operator invokes the function with, to learn whether a rotation would succeed. */
export interface PreflightEvent {
  readonly Step: "preflight";
  /** The secret's ARN or name. */
  readonly SecretId: string;
}

const preflightSchema = v.object({ Step: v.literal("preflight"), SecretId: nonEmptyString });

/** @returns undefined if the event is not for preflight, and so none for `parseEvent` to refuse. */
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
