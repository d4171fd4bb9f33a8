import { ASSUMED } from "../fleet/assumptions.ts";
import { type FleetRun, SEEDS } from "../fleet/measure.ts";
import { present, type Results } from "../results.ts";
import { list, type Section } from "./section.ts";

export function fleet(results: Results): Section {
  const runs = present(results.fleet);
  return {
    title: "Fleet",
    shows:
      "The table compares the time in which many secrets are rotated with the least time that AWS's quota of writes allows, " +
      "which is 1.",
    text: [
      "All rotations start in one window, in simulated time. The simulation has the local Secrets Manager and its rotation " +
        "service, with AWS's quotas in front, and Lambda with a limit of concurrent invocations. The quotas a second are:",
      list(
        "50 PutSecretValue and UpdateSecretVersionStage together, of which a rotation makes one each;",
        "50 GetRandomPassword, 10,000 GetSecretValue, 40,000 DescribeSecret.",
      ),
      "Each quota is a bucket that holds the calls of one second. The functions repeat the calls that the built PostgreSQL " +
        "single-user function made. They use the pauses of shared/aws/throttling.ts, and the pauses and retry tokens of the SDK.",
      "Unless the table says otherwise, the simulation assumes:",
      list(
        `Secrets Manager retries a failed rotation after ${ASSUMED.retrySeconds} s on average (from half of that to one and a half), ` +
          'without a limit. AWS documents only "multiple times" in one window. Five attempts are the first and four retries.',
        "Throttled calls use up no quota, and no other program in the account writes secrets. RotateSecret has no quota of its own.",
        `Lambda runs ${ASSUMED.concurrency} invocations at a time, with a timeout of ${ASSUMED.timeoutSeconds} s.`,
        `Each call takes ${ASSUMED.apiMilliseconds} ms. The function and the database take ${ASSUMED.slowness} times what they take on this machine.`,
      ),
      "The unavailability window is the time from the end of setSecret to the end of finishSecret, in which AWSCURRENT does " +
        "not log in. Its p50, p99 and maximum are over the secrets. Master-user has no such window, nor has MySQL where it " +
        "retains the old password.",
      list(
        "Not rotated: secrets without a rotation when the attempts are used up, or a minute and five times the limit after the last start.",
        "Locked out: those of them for which setSecret succeeded. Their AWSCURRENT does not log in until a later rotation succeeds.",
        "Lost: secrets for which the database accepts a password that neither AWSCURRENT nor AWSPENDING has.",
      ),
      `Up to 1,000 secrets, the table has the slowest of ${SEEDS} runs with different random numbers; above, it has one run. ` +
        "100,000 at once are not simulated: Secrets Manager would retry more than ten million rotations in vain.",
    ],
    table: runs && {
      head: [
        SECRETS,
        START,
        TIME,
        WINDOW,
        NOT_ROTATED,
        "locked out",
        "lost",
        "throttled calls",
        "retried calls",
        "retried rotations",
      ],
      rows: runs.map((run) => {
        const { throttledCalls, retriedCalls, retriedRotations, lockedOut, lost } = run.outcome;
        return [
          String(run.assumptions.secrets),
          run.scenario,
          timeOf(run),
          windowOf(run),
          notRotated(run),
          ...[lockedOut, lost, throttledCalls, retriedCalls, retriedRotations].map(String),
        ];
      }),
    },
  };
}

export const SECRETS = "secrets";
export const START = "start pattern";
export const TIME = "time";
export const WINDOW = "unavailability window: p50, p99, max";
export const NOT_ROTATED = "not rotated";

/** The time as a ratio to the least time; none if some secrets were not rotated. */
export function timeOf({ assumptions, outcome, ratio }: FleetRun) {
  if (outcome.rotated < assumptions.secrets) return "not all";
  return { main: ratio.toFixed(3), small: `${outcome.seconds.toFixed(0)} s` };
}

export function windowOf({ outcome: { windows } }: FleetRun): string {
  if (windows === undefined) return "none";
  const seconds = (value: number) => (value < 10 ? value.toFixed(1) : value.toFixed(0));
  return `${seconds(windows.p50)}, ${seconds(windows.p99)}, ${seconds(windows.max)} s`;
}

export function notRotated({ assumptions, outcome }: FleetRun): string {
  return String(assumptions.secrets - outcome.rotated);
}
