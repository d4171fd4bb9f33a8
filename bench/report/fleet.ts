import { ASSUMED } from "../fleet/assumptions.ts";
import type { FleetRun } from "../fleet/measure.ts";
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
        "doing, call by call, with the pauses of shared/throttling.ts and the SDK. Two writes a rotation at 50 a second = 1.",
      `Assumed unless the table says otherwise: the service tries a failed rotation again after ${ASSUMED.retrySeconds} s on ` +
        "average (from half of that to one and a half; AWS does not publish it) and as often as it takes; throttled calls use up " +
        `no quota; ${ASSUMED.concurrency} concurrent invocations; a timeout of ${ASSUMED.timeoutSeconds} s; ` +
        `${ASSUMED.apiMilliseconds} ms for each call; the function's own work, and the database's, ${ASSUMED.slowness} times ` +
        "what it takes on this machine; nobody else in the account writes secrets. Lost is a secret that has neither the new value " +
        "nor the old one; what is not done at five times the limit is given up, and said.",
    ],
    table: runs && {
      head: ["secrets", "begin", "time", "throttled calls", "calls again", "rotations again", "lost"],
      rows: runs.map(rowOf),
    },
  };
}

function rowOf({ scenario, assumptions, outcome, ratio }: FleetRun) {
  const { seconds, throttledCalls, retriedCalls, retriedRotations, lost, waiting } = outcome;
  return [
    String(assumptions.secrets),
    scenario,
    waiting > 0
      ? `given up, ${waiting} not done`
      : { main: ratio.toFixed(3), small: `${seconds.toFixed(0)} s` },
    String(throttledCalls),
    String(retriedCalls),
    String(retriedRotations),
    String(lost),
  ];
}
