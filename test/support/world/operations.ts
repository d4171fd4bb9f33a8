import fc from "fast-check";
import { STEPS, type Step } from "../../../local/secrets-manager/events.ts";

/** A disturbance of a step at a moment counted from the step's start: the process dies, or the secret changes. */
export type Accident =
  /** At the step's n-th call to Secrets Manager, before the call has an effect. */
  | { readonly at: "call"; readonly nth: number }
  /** At the step's n-th call, after the call had its effect. The answer does not arrive. */
  | { readonly at: "answer"; readonly nth: number }
  /** At the n-th piece of data to or from the database. */
  | { readonly at: "packet"; readonly nth: number }
  /** Before the step's n-th call, an administrator stores a value. */
  | { readonly at: "put"; readonly nth: number };

export type Operation =
  /** The next action of the service: begin a rotation, or invoke the next step. */
  | { readonly kind: "advance"; readonly accident: Accident | undefined }
  /** Any step of any rotation, a number of times at once. Age 0 is the newest rotation. */
  | {
      readonly kind: "step";
      readonly step: Step;
      readonly age: number;
      readonly times: number;
      readonly accident: Accident | undefined;
    }
  /** RotateSecret: the service runs a whole rotation, or retries the unfinished one. */
  | { readonly kind: "rotate" }
  /** RotateSecret with RotateImmediately=false. */
  | { readonly kind: "tryOut" }
  /** PutSecretValue by an administrator, with the password that works at that time. */
  | { readonly kind: "put"; readonly otherHost: boolean }
  | { readonly kind: "cancel" | "removePending" | "moveCurrentBack" };

const accident: fc.Arbitrary<Accident | undefined> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: cut("call", 4) },
  { weight: 1, arbitrary: cut("answer", 4) },
  { weight: 2, arbitrary: cut("packet", 24) },
  { weight: 1, arbitrary: cut("put", 4) },
);

function cut(at: Accident["at"], last: number): fc.Arbitrary<Accident> {
  return fc.record({ at: fc.constant(at), nth: fc.integer({ min: 1, max: last }) });
}

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant("advance"), accident }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("step"),
      step: fc.constantFrom(...STEPS),
      age: fc.nat(2),
      times: fc.constantFrom(1, 1, 3),
      accident,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("rotate") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("tryOut") }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("put"), otherHost: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom("cancel", "removePending", "moveCurrentBack") }),
  },
);

export const operations: fc.Arbitrary<Operation[]> = fc.array(operation, { minLength: 4, maxLength: 14 });
