import type * as v from "valibot";
import type { RotationService } from "./rotation-service.ts";
import type { Secret } from "./secret.ts";
import { markedForDeletion, type Secrets, secretNotFound } from "./secrets.ts";
import { validate } from "./validate.ts";

/** What every operation works on. */
export interface Context {
  secrets: Secrets;
  rotations: RotationService;
  now: () => Date;
}

/** A request whose input is valid and whose secret was looked up, but which has neither been authorised nor run. */
export interface PreparedCall {
  input: Readonly<Record<string, unknown>>;
  secret: Secret | undefined;
  /** The output, ready for JSON. */
  run(): object;
}

export type Operation = (context: Context, input: unknown) => PreparedCall;

type SchemaFor<Output> = v.GenericSchema<unknown, Output>;

/** An operation on a secret that must exist and, unless said otherwise, not be scheduled for deletion. */
export function onSecret<Input extends { SecretId: string }>(
  schema: SchemaFor<Input>,
  run: (context: Context, secret: Secret, input: Input) => object,
  scheduledForDeletion: "refused" | "allowed" = "refused",
): Operation {
  return (context, raw) => {
    const input = validate(schema, raw);
    const secret = context.secrets.find(input.SecretId);
    return {
      input: { ...input },
      secret,
      run() {
        if (secret === undefined) throw secretNotFound();
        if (secret.deletionDate !== undefined && scheduledForDeletion === "refused")
          throw markedForDeletion();
        return run(context, secret, input);
      },
    };
  };
}

/** An operation that looks for its secret itself, or has none. */
export function onAccount<Input extends Record<string, unknown>>(
  schema: SchemaFor<Input>,
  run: (context: Context, input: Input) => object,
): Operation {
  return (context, raw) => {
    const input = validate(schema, raw);
    const id = input.SecretId;
    const secret = typeof id === "string" ? context.secrets.find(id) : undefined;
    return { input, secret, run: () => run(context, input) };
  };
}
