import { ServiceError } from "../../secrets-manager/errors.ts";
import type { RotationEvent, Step } from "../../secrets-manager/events.ts";
import type { ReproductionSetup } from "./reproduction-setup.ts";

/** Changes to the traffic between Secrets Manager and the function. */
export interface Interference {
  /** Before the function is invoked. @returns the event that it gets. */
  invocation?(event: RotationEvent): Promise<RotationEvent>;
  /** At a call of the function, before the service carries it out. It throws what the service is to answer. */
  call?(operation: string): void;
  /** Before the service answers any call. */
  answer?(): Promise<unknown>;
}

export function endInterference({ interference }: ReproductionSetup): void {
  delete interference.invocation;
  delete interference.call;
  delete interference.answer;
}

/** Does something before a step of the rotation, when the step before it has ended. */
export function before(step: Step, act: (setup: ReproductionSetup) => Promise<unknown>) {
  return async (setup: ReproductionSetup): Promise<void> => {
    setup.interference.invocation = async (event) => {
      if (event.Step === step) await act(setup);
      return event;
    };
  };
}

/** Answers one operation with an error whenever the function calls it. */
export function refuse(operation: string, name: ServiceError["name"], message: string) {
  return async ({ interference }: ReproductionSetup): Promise<void> => {
    interference.call = (called) => {
      if (called === operation) throw new ServiceError(name, message);
    };
  };
}
