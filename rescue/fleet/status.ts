import { AWSCURRENT, AWSPENDING, holderOf, type StagingLabels } from "../../shared/staging-labels.ts";

/** What ListSecrets and DescribeSecret tell of a secret that rotates; no value. */
export interface FleetSecret {
  readonly arn: string;
  readonly name: string;
  readonly rotationFunction: string | undefined;
  readonly rotationEnabled: boolean;
  readonly labels: StagingLabels;
  readonly lastRotated: Date | undefined;
  readonly lastChanged: Date | undefined;
  /** The end of the window of the next rotation. In the past: that rotation has failed, or was never tried. */
  readonly nextRotation: Date | undefined;
}

/** The worst first. */
export const STATES = ["stuck", "overdue", "off", "never-rotated", "rotating", "ok"] as const;

export type State = (typeof STATES)[number];

export interface Status extends FleetSecret {
  readonly state: State;
  /** Seconds since the window of the missed rotation ended; undefined if none was missed. */
  readonly overdueSeconds: number | undefined;
  /** AWSPENDING is on a version of its own, and since then nothing of the secret has changed. */
  readonly pendingSince: Date | undefined;
}

/** A rotation takes four steps of 30 s at most; the service may try it again a few times. */
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

/** A person has to do something. */
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
