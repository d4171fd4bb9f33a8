import type { RotationError } from "../shared/report/errors.ts";
import { pairOf } from "../shared/strategies/master-user.ts";
import { awsCommand, rescueCommand } from "./commands.ts";
import { pendingFinding } from "./label-plans.ts";
import { hasExpired, isUnreached, type Logins, whyUnknown, workingVersion } from "./logins.ts";
import { takesTurns, whyEveryRetryFails } from "./next-rotation.ts";
import type { SecretState } from "./secret-state.ts";
import { noUsableCurrent } from "./unusable.ts";

export interface Diagnosis {
  /** Null if unknown: nothing is wrong in Secrets Manager, and the database was not reached. */
  readonly healthy: boolean | null;
  readonly findings: readonly string[];
  /** Commands, and sentences that say when to run them. */
  readonly recommended: readonly string[];
}

/**
 * Diagnoses a secret and recommends a command.
 *
 * @param found the version without labels that logs in; undefined if none does, null if they were not tried.
 */
export function diagnose(state: SecretState, logins: Logins, found: string | undefined | null): Diagnosis {
  if (state.current?.usable === undefined) {
    const { findings, next } = noUsableCurrent(state);
    return { healthy: false, findings, recommended: next };
  }
  const outcome = logins.get(state.current.id);
  if (outcome === "refused") {
    return lockedOut(state, logins, found);
  }
  if (hasExpired(outcome)) {
    const findings = ["The password under AWSCURRENT has expired."];
    return { healthy: false, findings, recommended: [reset(state, "Set it again")] };
  }
  const unknown = whyUnknown(state, logins);
  const diagnosis = state.pending ? unfinishedRotation(state, logins) : noUnfinishedRotation(state, logins);
  return unknown && !isUnreached(unknown) ? withLoginFailure(unknown, diagnosis) : diagnosis;
}

/** Adds the finding that the server rejects the login for another reason than the password. The message has the remedy. */
function withLoginFailure({ message }: RotationError, { findings, recommended }: Diagnosis): Diagnosis {
  const why = `A login with AWSCURRENT fails for another reason than its password. ${message}`;
  return { healthy: false, findings: [why, ...findings], recommended };
}

/** No user name and password under AWSCURRENT that the database accepts. @see diagnose */
export function lockedOut(state: SecretState, logins: Logins, found: string | undefined | null): Diagnosis {
  const { arn, unlabeled } = state;
  const refused = "The database refuses AWSCURRENT, the login of the applications.";
  const working = workingVersion(state, logins)?.id ?? found ?? undefined;
  if (working !== undefined) {
    const option = working === found ? "--try-unlabeled" : "";
    return {
      healthy: false,
      findings: [refused, `Version ${working} logs in.`, ...(state.pending ? [pendingFinding(state)] : [])],
      recommended: [`Make it AWSCURRENT: ${rescueCommand("unstick", arn, option)}`],
    };
  }
  const recovery = recoveryByPrevious(state, logins);
  if (recovery !== undefined) {
    const orReset = reset(state, "If the user exists, this gives it the password under AWSCURRENT instead");
    return {
      healthy: false,
      findings: [refused, recovery.finding],
      recommended: [...recovery.recommended, orReset],
    };
  }
  const set = reset(
    state,
    "Give the user the password under AWSCURRENT; if the user does not exist, this says how to create it",
  );
  const search =
    `${unlabeled.length} versions have no label, and one may log in; each refused login counts toward a lock of the ` +
    `account: ${rescueCommand("unstick", arn, "--try-unlabeled")}`;
  const mayHelp = unlabeled.length > 0 && found === null && !takesTurns(state);
  return { healthy: false, findings: [refused], recommended: [...(mayHelp ? [search] : []), set] };
}

/**
 * The case of two users that take turns, of which AWSCURRENT's is missing: the database was restored from a time before the
 * last rotation, or cloned. The other user exists, perhaps with an older password, and the next rotation creates the missing
 * one.
 */
function recoveryByPrevious(state: SecretState, logins: Logins) {
  const { arn, current, pending, previous } = state;
  const [missing, username] = [current, previous].map((version) => version?.usable?.secret.login.username);
  const outcome = logins.get(previous?.id ?? "");
  if (!takesTurns(state) || missing === username) {
    return undefined;
  }
  const isClone = current?.usable && pairOf(current.usable.secret).clone === "current";
  if (outcome !== "logs in" && !(isClone && outcome === "refused")) {
    return undefined;
  }
  const move = `--version-stage AWSCURRENT --move-to-version-id ${previous?.id} --remove-from-version-id ${current?.id}`;
  const verb = outcome === "refused" ? "does not log in with AWSPREVIOUS either" : "logs in with AWSPREVIOUS";
  return {
    finding:
      `The user ${username}, which takes turns with ${missing}, ${verb}. A database that was restored ` +
      `from before the last rotation has no user ${missing}, or has it with an older password.`,
    recommended: [
      `Make AWSPREVIOUS current: ${awsCommand("update-secret-version-stage", arn, move)}`,
      ...(outcome === "refused" ? [reset(state, `Then give ${username} the password under it`)] : []),
      ...(pending ? [`Then end the unfinished rotation: ${rescueCommand("unstick", arn)}`] : []),
      `Then rotate, which prepares ${missing} anew: ${awsCommand("rotate-secret", arn)}`,
    ],
  };
}

function reset({ arn }: SecretState, what: string): string {
  return `${what}: ${rescueCommand("reset", arn)}`;
}

function unfinishedRotation(state: SecretState, logins: Logins): Diagnosis {
  const { arn, pending, rotationEnabled } = state;
  const finding = `A rotation is unfinished: AWSPENDING is on version ${pending?.id}.`;
  const unstick = rescueCommand("unstick", arn);
  const permanentFailure = whyEveryRetryFails(state);
  if (!rotationEnabled || permanentFailure !== undefined) {
    const why = permanentFailure ?? "Rotation is off, so Secrets Manager does not finish it.";
    return { healthy: false, findings: [finding, why], recommended: [`End it: ${unstick}`] };
  }
  const retry = `If no rotation is in progress, retry it: ${awsCommand("rotate-secret", arn)}`;
  const end = `If the rotation keeps failing, the function's log has the cause. To end it: ${unstick}`;
  return {
    healthy: false,
    findings: whyUnknown(state, logins)
      ? [finding, "It is unknown which password the database has."]
      : [finding],
    recommended: [retry, end],
  };
}

function noUnfinishedRotation(state: SecretState, logins: Logins): Diagnosis {
  const { labels, current, rotationEnabled } = state;
  const unknown = whyUnknown(state, logins) !== undefined;
  const findings = [
    unknown
      ? "No rotation is unfinished. It is unknown whether AWSCURRENT logs in."
      : "AWSCURRENT logs in, and no rotation is unfinished.",
  ];
  if (labels[current?.id ?? ""]?.includes("AWSPENDING")) {
    findings.push("AWSPENDING is on AWSCURRENT, which is harmless: some rotations end that way.");
  }
  if (!rotationEnabled) {
    findings.push("Rotation is off: Secrets Manager does not rotate this secret.");
  }
  return { healthy: unknown ? null : true, findings, recommended: [] };
}
