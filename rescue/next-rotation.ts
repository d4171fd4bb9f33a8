import { assertFollows } from "../shared/protocol/pending-checks.ts";
import { type Reason, RotationError } from "../shared/report/errors.ts";
import { masterUser } from "../shared/strategies/master-user.ts";
import { singleUser } from "../shared/strategies/single-user.ts";
import type { Strategy } from "../shared/strategies/strategy.ts";
import { type Logins, workingVersion } from "./logins.ts";
import type { SecretState, UsableVersion } from "./secret-state.ts";

/**
 * Whether two users take turns: the secret names the alternate user, or another version belongs to it. Nothing else in a
 * secret tells its strategy. A version of a third user was written by hand.
 */
export function takesTurns({ current, pending, previous }: SecretState): boolean {
  const secret = current?.usable?.secret;
  const other = pending?.usable ?? previous?.usable;
  return (
    secret !== undefined &&
    (secret.alternateUsername !== undefined ||
      masterUser.nextUser(secret).username === other?.secret.login.username)
  );
}

/** Why every retry of the rotation will reject the pending value; undefined if a retry can succeed. */
export function whyEveryRetryFails(state: SecretState): string | undefined {
  const { arn, pending } = state;
  const current = state.current?.usable;
  if (pending?.hasValue !== true || current === undefined) {
    return undefined;
  }
  if (pending.usable === undefined) {
    return pending.problem;
  }
  const strategy = takesTurns(state) ? masterUser : singleUser;
  if (!follows(pending.usable, current, strategy, arn)) {
    return "AWSPENDING has another server, user or other keys than AWSCURRENT, which has been edited.";
  }
  const { username, password } = pending.usable.secret.login;
  return pending.usable.engine.refusal(username, password);
}

function follows(pending: UsableVersion, current: UsableVersion, strategy: Strategy, arn: string): boolean {
  try {
    const event = { Step: "setSecret", SecretId: arn, ClientRequestToken: pending.id } as const;
    assertFollows(pending.secret, current.secret, strategy, event);
    return true;
  } catch (error) {
    if (error instanceof RotationError) {
      return false;
    }
    throw error;
  }
}

/** Reasons for which the server rejects a login from any machine. */
const ACCOUNT_REASONS: readonly Reason[] = ["account-locked", "password-expired", "missing-database"];

/** Sentences about what the next rotation would do. */
export function nextRotation(state: SecretState, logins: Logins): string[] {
  const { rotationFunction, rotationEnabled, current, pending } = state;
  if (rotationFunction === undefined) {
    return ["None: no rotation function was ever named."];
  }
  if (current === undefined || !current.hasValue) {
    return ["createSecret fails: there is no value under AWSCURRENT to follow."];
  }
  if (!rotationEnabled) {
    return pending
      ? [`RotateSecret is refused: rotation was turned off with AWSPENDING left on version ${pending.id}.`]
      : [
          "None by itself: rotation is off. RotateSecret turns it on again, with the function that is stored.",
        ];
  }
  const which = pending
    ? `It retries version ${pending.id}, from createSecret. RotateSecret returns an error now, and starts that retry.`
    : "A new one, with a new version.";
  const permanentFailure = whyEveryRetryFails(state);
  if (permanentFailure !== undefined) {
    return [which, `It fails every time: ${permanentFailure}`];
  }
  const value =
    pending && (pending.hasValue ? "createSecret keeps its value." : "createSecret gives it a value.");
  return [which, ...(value ? [value] : []), setSecret(state, logins)];
}

function setSecret(state: SecretState, logins: Logins): string {
  const { current, pending } = state;
  const outcome = logins.get(current?.id ?? "");
  if (outcome === "logs in") {
    return "setSecret logs in with AWSCURRENT.";
  }
  if (outcome instanceof RotationError && ACCOUNT_REASONS.includes(outcome.reason)) {
    return "setSecret fails with the same error as this login.";
  }
  if (outcome !== "refused") {
    return "It is unknown whether setSecret can log in.";
  }
  if (takesTurns(state)) {
    return "setSecret fails: AWSCURRENT must log in before the master is used.";
  }
  const working = workingVersion(state, logins);
  if (working === undefined) {
    return "setSecret fails: the database refuses the passwords of all labeled versions.";
  }
  return working.id === pending?.id
    ? "setSecret finds that the user has the pending password already, and the rotation finishes."
    : "setSecret logs in with AWSPREVIOUS and sets the pending password.";
}
