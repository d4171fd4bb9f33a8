import { CHECKS, type Check, type CheckName } from "../report/examination.ts";

/** What preflight returns: nothing in it is secret. */
export interface Report {
  /** The ARN, as far as the secret was found. */
  readonly secret: string;
  /**
   * `healthy`: no check has failed, and the next rotation succeeds as far as it can be told without writing.
   * `rotating`: a rotation is under way, and only that was looked at.
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
