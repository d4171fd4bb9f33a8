import type { Observer, Step } from "../secrets-manager/events.ts";

/** The time of one step and its calls, as Secrets Manager counted them. */
export interface StepRecord {
  /** 1 for the first rotation. */
  rotation: number;
  step: Step;
  milliseconds: number;
  /** Calls by operation. */
  apiCalls: Record<string, number>;
  failedApiCalls: number;
}

/** Watches the service and writes down the steps and, for each, the calls that the function made. */
export function createRecorder(functionsAccessKey: string, onStep: (step: StepRecord) => void) {
  const steps: StepRecord[] = [];
  let open: StepRecord | undefined;

  const observer: Observer = (event) => {
    if (event.type === "stepStarted") {
      open = {
        rotation: recorder.rotation,
        step: event.step,
        milliseconds: 0,
        apiCalls: {},
        failedApiCalls: 0,
      };
    } else if (event.type === "request" && open && event.caller === functionsAccessKey) {
      open.apiCalls[event.operation] = (open.apiCalls[event.operation] ?? 0) + 1;
      open.failedApiCalls += event.error ? 1 : 0;
    } else if (event.type === "stepFinished" && open) {
      open.milliseconds = Math.round(event.milliseconds);
      steps.push(open);
      onStep(open);
      open = undefined;
    }
  };

  const recorder = { observer, steps, rotation: 1 };
  return recorder;
}

/** Adds up calls by operation. */
export function totals(steps: readonly StepRecord[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const { apiCalls } of steps) {
    for (const [operation, calls] of Object.entries(apiCalls)) {
      sum[operation] = (sum[operation] ?? 0) + calls;
    }
  }
  return sum;
}
