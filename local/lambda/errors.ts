import type { ErrorPayload } from "./runtime-api.ts";

/** The error that Lambda returns instead of a response. `name` is the payload's errorType. */
export class InvocationError extends Error {
  readonly payload: ErrorPayload;

  constructor(payload: ErrorPayload) {
    super(payload.errorMessage);
    this.name = payload.errorType ?? "Error";
    this.payload = payload;
  }
}

/** How a process ended: one of the two is null (Node's `exit` event). */
export type Exit = { code: number | null; signal: NodeJS.Signals | null };

export function timeoutError(requestId: string, seconds: number): InvocationError {
  return new InvocationError({
    errorType: "Sandbox.Timedout",
    errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`,
  });
}

export function exitError(requestId: string, exit: Exit | undefined): InvocationError {
  const { code = 0, signal = null } = exit ?? {};
  const status = signal === "SIGKILL" ? "signal: killed" : (signal ?? `exit status ${code}`);
  const reason =
    code === 0 ? "Runtime exited without providing a reason" : `Runtime exited with error: ${status}`;
  return new InvocationError({
    errorType: "Runtime.ExitError",
    errorMessage: `RequestId: ${requestId} Error: ${reason}`,
  });
}
