import type { ServiceEvent } from "./events.ts";

/** A line for the terminal about an event; undefined for events that are not printed. */
export function describeEvent(event: ServiceEvent): string | undefined {
  switch (event.type) {
    case "request":
      return `${event.operation} ${event.secretName ?? "-"} ${event.error ?? "ok"} ${took(event.milliseconds)}`;
    case "stepStarted":
      return undefined;
    case "stepFinished":
      return `  ${event.step} attempt ${event.attempt} ${event.error ?? "ok"} ${took(event.milliseconds)}`;
    case "rotationFailed":
      return `${event.type} ${event.secretArn} ${event.error}${event.retrying ? " Trying again." : ""}`;
    case "testRotationFailed":
      return `${event.type} ${event.secretArn} ${event.error}`;
    default:
      return `${event.type} ${event.secretArn}`;
  }
}

function took(milliseconds: number): string {
  return `${milliseconds.toFixed(1)} ms`;
}
