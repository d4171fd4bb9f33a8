import type * as v from "valibot";
import type { Regions } from "./regions.ts";
import type { RotationService } from "./rotation-service.ts";
import type { Secret } from "./secret.ts";
import { markedForDeletion, replicaIsReadOnly, type Secrets, secretNotFound } from "./secrets.ts";
import { validate } from "./validate.ts";

/** State that every operation receives. */
export interface Context {
  /** Secrets of the Region that the request is signed for. */
  secrets: Secrets;
  regions: Regions;
  rotations: RotationService;
  now: () => Date;
}

/** Calls another operation for the same caller, which needs the permission for that operation too. */
export type NestedCall = (operation: string, input: object) => object;

/** A request with valid input and its secret, before it is authorized and run. */
export interface PreparedCall {
  input: Readonly<Record<string, unknown>>;
  secret: Secret | undefined;
  /** @returns the response for JSON */
  run(call: NestedCall): object;
}

export type Operation = (context: Context, input: unknown) => PreparedCall;

type SchemaFor<Output> = v.GenericSchema<unknown, Output>;

/** States of a secret in which an operation is allowed. Default of each: false. */
interface Allowed {
  scheduledForDeletion?: boolean;
  replica?: boolean;
}

/** Defines an operation on a secret that must exist. It is rejected in the states that `allowed` does not name. */
export function onSecret<Input extends { SecretId: string }>(
  schema: SchemaFor<Input>,
  run: (context: Context, secret: Secret, input: Input) => object,
  allowed: Allowed = {},
): Operation {
  return (context, raw) => {
    const input = validate(schema, raw);
    const secret = context.secrets.find(input.SecretId);
    return {
      input: { ...input },
      secret,
      run() {
        if (secret === undefined) throw secretNotFound();
        if (secret.primary !== undefined && !allowed.replica) throw replicaIsReadOnly();
        if (secret.deletionDate !== undefined && !allowed.scheduledForDeletion) throw markedForDeletion();
        return run(context, secret, input);
      },
    };
  };
}

/** Defines an operation that finds its secret itself, or has none. */
export function onAccount<Input extends Record<string, unknown>>(
  schema: SchemaFor<Input>,
  run: (context: Context, input: Input, call: NestedCall) => object,
): Operation {
  return (context, raw) => {
    const input = validate(schema, raw);
    const id = input.SecretId;
    const secret = typeof id === "string" ? context.secrets.find(id) : undefined;
    return { input, secret, run: (call) => run(context, input, call) };
  };
}
