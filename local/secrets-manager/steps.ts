import type { Invoke, Observer, Step } from "./events.ts";
import type { Secret } from "./secret.ts";

/** One rotation with all of its attempts, from RotateSecret to its end. */
export interface Rotation {
  readonly secret: Secret;
  readonly token: string;
  /** Valid for all attempts, until the rotation has ended. */
  readonly rotationToken: string;
  /** Why no further step is run. A running step continues. */
  stopped?: "abandoned" | "canceled" | "superseded";
  done: Promise<void>;
}

/** Resolves with the error of the first step that failed; undefined when all ran or the rotation was stopped. */
export type RunSteps = (
  rotation: Rotation,
  steps: readonly Step[],
  attempt: number,
) => Promise<string | undefined>;

/** Invokes the function for one step after the other, and emits events. */
export function stepRunner(options: {
  functions: (lambdaArn: string) => Invoke | undefined;
  emit: Observer;
}): RunSteps {
  const { functions, emit } = options;

  async function invoke({ secret, token, rotationToken }: Rotation, step: Step): Promise<string | undefined> {
    try {
      const run = functions(secret.rotation?.lambdaArn ?? "");
      if (run === undefined) return "The function does not exist any more.";
      await run({
        Step: step,
        SecretId: secret.arn,
        ClientRequestToken: token,
        RotationToken: rotationToken,
      });
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  return async (rotation, steps, attempt) => {
    for (const step of steps) {
      if (rotation.stopped !== undefined) return undefined;
      const which = { secretArn: rotation.secret.arn, token: rotation.token, step, attempt };
      emit({ type: "stepStarted", ...which });
      const began = performance.now();
      const error = await invoke(rotation, step);
      const milliseconds = performance.now() - began;
      emit({ type: "stepFinished", ...which, milliseconds, ...(error !== undefined && { error }) });
      if (error !== undefined) {
        // The text of CloudTrail's event RotationFailed.
        return `Error when executing lambda ${rotation.secret.rotation?.lambdaArn} during ${step} step`;
      }
    }
    return undefined;
  };
}
