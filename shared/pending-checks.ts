import type { Engine } from "./engine.ts";
import { RotationError } from "./errors.ts";
import type { RotationEvent } from "./event.ts";
import { howToGiveUp } from "./give-up.ts";
import type { DatabaseSecret } from "./secret.ts";

/** A stored value is immutable: one that the database refuses would block the secret until a person comes. */
export function assertStorable(engine: Engine, username: string, password: string): void {
  const refusal = engine.refusal(username, password);
  if (refusal !== undefined) {
    throw new RotationError("unstorable", "The new version could not be used.", refusal);
  }
}

/** No password goes to a server other than that of the current version. */
export function assertSameServer(
  pending: DatabaseSecret,
  current: DatabaseSecret,
  event: RotationEvent,
): void {
  if (pending.login.host !== current.login.host || pending.login.port !== current.login.port) {
    throw strayed("another host or port than", event);
  }
}

/** No other user's password is changed than the one that the strategy would have chosen. */
export function assertExpectedUser(pending: DatabaseSecret, username: string, event: RotationEvent): void {
  if (pending.login.username !== username) {
    throw strayed("another user than follows from", event);
  }
}

function strayed(how: string, event: RotationEvent): RotationError {
  return new RotationError(
    "secret-changed",
    `The value under AWSPENDING names ${how} the value under AWSCURRENT, which was edited after the rotation began.`,
    howToGiveUp(event),
  );
}
