import type { Traffic } from "./client/client.ts";
import type { StepRecord } from "./recorder.ts";
import { totals } from "./recorder.ts";
import type { Result, Watcher } from "./rotate.ts";
import type { Screen } from "./screen.ts";

/** Prints each rotation while it runs. */
export function reportProgress(screen: Screen, rotations: number): Watcher {
  return {
    rotationStarts: (rotation) => screen.heading(`Rotation ${rotation} of ${rotations}`),
    stepEnds: (step) => screen.line(stepLine(step)),
    rotationEnds: ({ before, after }, { newPassword, oldPassword, asPromised }) => {
      screen.line();
      for (const version of new Set([...Object.keys(before), ...Object.keys(after)])) {
        screen.line(
          `  version ${version}  ${labelsOf(before, version).padEnd(12)} → ${labelsOf(after, version)}`,
        );
      }
      screen.line();
      const style = asPromised ? "green" : "red";
      screen.line(
        `  new password ${screen.paint(style, newPassword)}, old password ${screen.paint(style, oldPassword)}`,
      );
    },
  };
}

const PROMISES = {
  accepted: "As promised: the new password logs in, and so does the old one until the next rotation.",
  rejected: "As promised: the new password logs in, the old one is refused.",
};

/** Prints the totals of all rotations, and whether the passwords work as promised. */
export function summarize(screen: Screen, { steps, logins, proof, error }: Result): void {
  const calls = totals(steps);
  const all = Object.values(calls).reduce((sum, number) => sum + number, 0);
  const failed = steps.reduce((sum, step) => sum + step.failedApiCalls, 0);
  screen.heading("In all");
  screen.line(`  ${all} API calls, ${failed} failed: ${listed(calls)}`);
  screen.line(
    logins
      ? `  ${logins.accepted} logins of the function accepted, ${logins.rejected} rejected, as the server counted them`
      : "  The server does not count logins: whether one was rejected is unknown",
  );
  if (error !== undefined) {
    screen.line(`  ${screen.paint("red", "The rotation failed:")} ${error}`);
  }
  const verdict = proof.asPromised
    ? screen.paint("green", PROMISES[proof.oldPassword])
    : screen.paint("red", "Not as promised.");
  screen.line(`  ${verdict}`);
}

/** Prints the effects of the rotations on the application. Its logins are among those that the server counted. */
export function summarizeTraffic(screen: Screen, traffic: Traffic): void {
  const { queries, failedQueries, logins, rejectedLogins, longestDelay } = traffic;
  screen.heading("The application, with a pool and a cached secret");
  screen.line(`  ${queries} queries, ${logins} logins`);
  screen.line(
    rejectedLogins === 0
      ? "  no login was rejected"
      : `  ${rejectedLogins} logins were rejected, and attempted again after a pause with a fresh read; it took ${longestDelay} ms at most`,
  );
  screen.line(`  ${screen.paint(failedQueries === 0 ? "green" : "red", `${failedQueries} queries failed`)}`);
}

function stepLine({ step, milliseconds, apiCalls, failedApiCalls }: StepRecord): string {
  const failed = failedApiCalls > 0 ? `, ${failedApiCalls} failed` : "";
  return `  ${step.padEnd(13)}${`${milliseconds} ms`.padStart(8)}   ${listed(apiCalls)}${failed}`;
}

function listed(calls: Record<string, number>): string {
  return Object.entries(calls)
    .map(([operation, number]) => (number === 1 ? operation : `${operation} ×${number}`))
    .join(", ");
}

function labelsOf(labels: Record<string, string[]>, version: string): string {
  return labels[version]?.join(", ") || "no label";
}
