import { isDeepStrictEqual } from "node:util";
import type { Product } from "../engine/engine.ts";
import { RotationError } from "../report/errors.ts";
import { rewrittenUrl } from "../secret/connection-urls.ts";
import { changeTexts } from "../secret/copies.ts";
import { isSameServer } from "../secret/same-server.ts";
import type { DatabaseSecret } from "../secret/secret.ts";
import type { Strategy } from "../strategies/strategy.ts";
import type { RotationEvent } from "./event.ts";
import { cancelRemedy } from "./remedies.ts";

/**
 * Refuses a value that the database would refuse. A stored value cannot be replaced, so it would block the secret until a
 * person intervenes.
 *
 * @param current the user name under AWSCURRENT. If it differs from `username`, the error names both.
 */
export function assertStorable(
  engine: Product,
  username: string,
  password: string,
  current = username,
): void {
  if (username === "") {
    throw new RotationError(
      "unstorable",
      "Without _clone nothing is left of the user name.",
      "Name the other user in the secret as alternateUsername.",
    );
  }
  const refusal = engine.refusal(username, password);
  if (refusal !== undefined) {
    throw username === current
      ? new RotationError("unstorable", "The new version could not be used.", refusal)
      : new RotationError(
          "unstorable",
          `The new version could not be used: it would be of ${shown(username)}, the alternate user of ${shown(current)}.`,
          `${refusal} Or name another alternate user in the secret, as alternateUsername.`,
        );
  }
}

/** Shortens a name that would hide the rest of the sentence. */
function shown(name: string): string {
  return name.length > 200 ? `${name.slice(0, 200)}…` : name;
}

/** Whether both are the same document. With RotateImmediately=false, testSecret gets a copy of the current value. */
export function isSameValue(pending: DatabaseSecret, current: DatabaseSecret): boolean {
  return isDeepStrictEqual(JSON.parse(pending.text), JSON.parse(current.text));
}

/** Refuses a pending value that createSecret would not have made from the current one, except for the password. */
export function assertFollows(
  pending: DatabaseSecret,
  current: DatabaseSecret,
  strategy: Strategy,
  event: RotationEvent,
): void {
  assertSameServer(pending, current, event);
  const { username, alternateUsername = current.alternateUsername } = strategy.nextUser(current);
  if (pending.login.username !== username || pending.alternateUsername !== alternateUsername) {
    throw doesNotFollow("another user than follows from", event);
  }
  const stored = JSON.parse(pending.text);
  // CONNECTION_URL_KEYS may have changed since createSecret: a URL may be rewritten or not.
  const expected = changeTexts(JSON.parse(current.text), (text, path) => {
    const found: unknown = path.reduce((value, key) => Object(value)[key], stored);
    return typeof found === "string" && found === rewrittenUrl(text, current.login, pending.login)
      ? found
      : text;
  });
  if (!isDeepStrictEqual(notRotated(stored), notRotated(expected))) {
    throw doesNotFollow("other things than", event);
  }
}

/** Returns the document without the fields that a rotation changes, and without the server, which is compared apart. */
function notRotated(document: object): object {
  const { host, port, username, password, alternateUsername, ...others } = document as Record<
    string,
    unknown
  >;
  return others;
}

/** The error if AWSCURRENT has moved during the rotation. An operator moved it on purpose: the rotation gives up. */
export function movedSinceTest(from: string | undefined, to: string, event: RotationEvent): RotationError {
  return new RotationError(
    "secret-changed",
    `AWSCURRENT moved from version ${from} to ${to} after the pending version had been tested.`,
    cancelRemedy(event),
  );
}

/** Passwords are sent to the server of the current version only. */
function assertSameServer(pending: DatabaseSecret, current: DatabaseSecret, event: RotationEvent): void {
  if (!isSameServer(pending.login, current.login)) {
    throw doesNotFollow("another host or port than", event);
  }
}

function doesNotFollow(how: string, event: RotationEvent): RotationError {
  return new RotationError(
    "secret-changed",
    `The value under AWSPENDING names ${how} the value under AWSCURRENT, which was edited after the rotation began.`,
    cancelRemedy(event),
  );
}
