import { expect } from "vitest";
import { ServiceError } from "../../local/secrets-manager/errors.ts";
import type { Step } from "../../local/secrets-manager/events.ts";
import { FUNCTION_ACCESS_KEY, type Stack, type StackOptions } from "../../local/stack.ts";
import { startPostgresStack } from "./fixture.ts";
import { holder } from "./operator.ts";
import { preload, SHORT_PAUSES } from "./preload.ts";

/** A stack in which the test, not the rotation service, invokes the steps, in any order and number. */
export interface StepwiseStack {
  readonly stack: Stack;
  /**
   * Starts a rotation as RotateSecret does, and runs no step: rotation is enabled, and AWSPENDING is on an empty
   * placeholder.
   *
   * @returns the rotation's token.
   */
  stage(arn: string): Promise<string>;
  invoke(step: Step, arn: string, token: string): Promise<void>;
}

export async function startStepwiseStack(
  database: { readonly caFile: string },
  options: Partial<StackOptions> = {},
): Promise<StepwiseStack> {
  const staging = new Set<string>();
  const stack = await startPostgresStack(database, {
    ...options,
    environment: { NODE_OPTIONS: preload(SHORT_PAUSES), ...options.environment },
    service: {
      // The service's own attempt fails at the function's first call, before the function has changed anything.
      authorize: ({ caller, resource }) => {
        if (caller === FUNCTION_ACCESS_KEY && staging.has(resource)) {
          throw new ServiceError("AccessDeniedException", "Not yet: the rotation is only being staged.");
        }
      },
    },
  });
  return {
    stack,
    stage: async (arn) => {
      staging.add(arn);
      try {
        expect((await stack.rotate(arn)).succeeded).toBe(false);
      } finally {
        staging.delete(arn);
      }
      return (await holder(stack, arn, "AWSPENDING")) ?? expect.fail("RotateSecret stages a version.");
    },
    invoke: (Step, SecretId, ClientRequestToken) =>
      stack.rotationFunction.invoke({ Step, SecretId, ClientRequestToken }),
  };
}
