import { AWSCURRENT, AWSPENDING, holderOf, type StagingLabels } from "../../shared/staging-labels.ts";

/** Metadata of a secret that rotates, from ListSecrets and DescribeSecret. It has no value. */
export interface FleetSecret {
  readonly arn: string;
  readonly name: string;
  readonly rotationFunction: string | undefined;
  readonly rotationEnabled: boolean;
  readonly labels: StagingLabels;
  readonly lastRotated: Date | undefined;
  readonly lastChanged: Date | undefined;
  /** End of the window of the next rotation. If it is in the past, that rotation failed or was never started. */
  readonly nextRotation: Date | undefined;
}

/** In order of urgency. */
export const STATES = ["stuck", "overdue", "off", "never-rotated", "rotating", "ok"] as const;

export type State = (typeof STATES)[number];

export interface Status extends FleetSecret {
  readonly state: State;
  /** Seconds since the window of the missed rotation ended; undefined if none was missed. */
  readonly overdueSeconds: number | undefined;
  /** Last change of a secret whose AWSPENDING is on another version than AWSCURRENT. */
  readonly pendingSince: Date | undefined;
}

/** Four steps of at most 30 s each, and some retries of the service. */
const LONGEST_ROTATION_MS = 15 * 60_000;

export function statusOf(secret: FleetSecret, now: Date): Status {
  const { labels, nextRotation, rotationEnabled, lastChanged, lastRotated } = secret;
  const pending = holderOf(labels, AWSPENDING);
  const isPending = pending !== undefined && pending !== holderOf(labels, AWSCURRENT);
  const since = lastChanged ?? new Date(0);
  const missed = rotationEnabled && nextRotation !== undefined && nextRotation < now;
  const state = (): State => {
    if (isPending && now.getTime() - since.getTime() > LONGEST_ROTATION_MS) return "stuck";
    if (missed) return "overdue";
    if (isPending) return "rotating";
    if (!rotationEnabled) return "off";
    return lastRotated === undefined ? "never-rotated" : "ok";
  };
  return {
    ...secret,
    state: state(),
    overdueSeconds: missed ? Math.round((now.getTime() - nextRotation.getTime()) / 1000) : undefined,
    pendingSince: isPending ? since : undefined,
  };
}

/** Whether the state needs an operator. */
export function isWrong({ state }: Status): boolean {
  return state === "stuck" || state === "overdue";
}

export function worstFirst(one: Status, other: Status): number {
  return (
    STATES.indexOf(one.state) - STATES.indexOf(other.state) ||
    (other.overdueSeconds ?? 0) - (one.overdueSeconds ?? 0) ||
    one.name.localeCompare(other.name)
  );
}
