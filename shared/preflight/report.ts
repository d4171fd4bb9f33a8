import { CHECKS, type Check, type CheckName } from "../report/examination.ts";

/** The answer of preflight. It contains no secret. */
export interface Report {
  /** The ARN if the secret was found, otherwise the SecretId of the event. */
  readonly secret: string;
  /**
   * `healthy`: no check has failed. `not-checked` lists what cannot be checked without writing.
   * `rotating`: a rotation is under way, and nothing else was checked.
   */
  readonly outcome: "healthy" | "unhealthy" | "rotating";
  readonly milliseconds: number;
  readonly checks: readonly Check[];
}

const OF_TWO_USERS: readonly CheckName[] = ["master-secret", "master-login", "plan"];
const OF_ONE_USER: readonly CheckName[] = ["versions", "unavailability-window"];

/** The checks of a report. */
export function checksOf(hasTwoUsers: boolean): CheckName[] {
  const others = hasTwoUsers ? OF_ONE_USER : OF_TWO_USERS;
  return CHECKS.filter((name) => !others.includes(name));
}
