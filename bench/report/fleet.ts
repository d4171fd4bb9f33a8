import { ASSUMED } from "../fleet/assumptions.ts";
import { type FleetRun, SEEDS } from "../fleet/measure.ts";
import { present, type Results } from "../results.ts";
import type { Section } from "./section.ts";

export function fleet(results: Results): Section {
  const runs = present(results.fleet);
  return {
    title: "Fleet",
    text: [
      "Many secrets whose rotations begin in one window, in simulated time: the local Secrets Manager and its rotation " +
        "service with AWS's quotas in front (50 PutSecretValue and UpdateSecretVersionStage a second together, 50 " +
        "GetRandomPassword, 10 000 GetSecretValue, 40 000 DescribeSecret, each a bucket that holds one second's worth), Lambda " +
        "with a limit of concurrent invocations, and functions that do what the built PostgreSQL single-user function was seen " +
        "doing, call by call, with the pauses of shared/aws/throttling.ts and the pauses and retry tokens of the SDK. Two writes a " +
        "rotation at 50 a second = 1.",
      `Assumed unless the table says otherwise: the service tries a failed rotation again after ${ASSUMED.retrySeconds} s on ` +
        'average (from half of that to one and a half; AWS does not publish it) and as often as it takes (AWS says only "multiple ' +
        'times" in one window; "5 tries" are the first and four more); throttled calls use up ' +
        `no quota; ${ASSUMED.concurrency} concurrent invocations; a timeout of ${ASSUMED.timeoutSeconds} s; ` +
        `${ASSUMED.apiMilliseconds} ms for each call; the function's own work, and the database's, ${ASSUMED.slowness} times ` +
        "what it takes on this machine; nobody else in the account writes secrets. RotateSecret is called " +
        "without a quota of its own: a window begins rotations by itself.",
      "The gap is how long AWSCURRENT did not log in, from the end of setSecret to that of finishSecret: half of the secrets " +
        "had at most the first number, all but one in a hundred the second, none more than the third. Master-user, and MySQL " +
        "where it retains the old password, have no gap. Left are secrets that were not rotated when nobody tried any more, or a " +
        "minute and five times the limit after the last one had begun; locked out are those of them that setSecret was done " +
        "for: their AWSCURRENT does not log in until the rotation is tried again, in a later window or by hand. Lost is a secret " +
        "whose database accepts a password that neither AWSCURRENT nor AWSPENDING has.",
      `With 1000 secrets or fewer, the slowest of ${SEEDS} runs that differ in chance alone; with more, one run. ` +
        "100 000 at once are not simulated: the service would try more than ten million rotations in vain.",
    ],
    table: runs && {
      head: [
        "secrets",
        "begin",
        "time",
        GAP,
        LEFT,
        "locked out",
        "lost",
        "throttled calls",
        "calls again",
        "rotations again",
      ],
      rows: runs.map((run) => {
        const { throttledCalls, retriedCalls, retriedRotations, half, lost } = run.outcome;
        return [
          String(run.assumptions.secrets),
          run.scenario,
          timeOf(run),
          gapOf(run),
          leftOf(run),
          ...[half, lost, throttledCalls, retriedCalls, retriedRotations].map(String),
        ];
      }),
    },
  };
}

export const GAP = "gap: p50, p99, max";
export const LEFT = "left";

/** Beside the quota of writes; a fleet that is not rotated whole has no time. */
export function timeOf({ assumptions, outcome, ratio }: FleetRun) {
  if (outcome.rotated < assumptions.secrets) return "not all";
  return { main: ratio.toFixed(3), small: `${outcome.seconds.toFixed(0)} s` };
}

export function gapOf({ outcome: { gaps } }: FleetRun): string {
  const seconds = (value: number) => (value < 10 ? value.toFixed(1) : value.toFixed(0));
  return `${seconds(gaps.p50)}, ${seconds(gaps.p99)}, ${seconds(gaps.max)} s`;
}

export function leftOf({ assumptions, outcome }: FleetRun): string {
  return String(assumptions.secrets - outcome.rotated);
}
