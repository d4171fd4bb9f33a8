import { isDeepStrictEqual } from "node:util";
import type { Product } from "../engine/engine.ts";
import { RotationError } from "../report/errors.ts";
import { rewrittenUrl } from "../secret/connection-urls.ts";
import { changeTexts } from "../secret/copies.ts";
import { isSameServer } from "../secret/same-server.ts";
import type { DatabaseSecret } from "../secret/secret.ts";
import type { Strategy } from "../strategies/strategy.ts";
import type { RotationEvent } from "./event.ts";
import { howToGiveUp } from "./remedies.ts";

/**
 * A stored value is immutable: one that the database refuses would block the secret until a person comes.
 *
 * @param current the user name under AWSCURRENT: an error says whether it is the other one that does not do.
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

/** A name in a sentence. One that is far too long for any product would hide the rest of it. */
function shown(name: string): string {
  return name.length > 200 ? `${name.slice(0, 200)}…` : name;
}

/** Whether the two are the same document: RotateImmediately=false has a copy of the current value tested. */
export function isSameValue(pending: DatabaseSecret, current: DatabaseSecret): boolean {
  return isDeepStrictEqual(JSON.parse(pending.text), JSON.parse(current.text));
}

/** The pending value is what this rotation would have made of the current one, but for the password. */
export function assertFollows(
  pending: DatabaseSecret,
  current: DatabaseSecret,
  strategy: Strategy,
  event: RotationEvent,
): void {
  assertSameServer(pending, current, event);
  const { username, alternateUsername = current.alternateUsername } = strategy.nextUser(current);
  if (pending.login.username !== username || pending.alternateUsername !== alternateUsername) {
    throw strayed("another user than follows from", event);
  }
  const stored = JSON.parse(pending.text);
  // Whether or not CONNECTION_URL_KEYS is what it was when the value was made.
  const expected = changeTexts(JSON.parse(current.text), (text, path) => {
    const found: unknown = path.reduce((value, key) => Object(value)[key], stored);
    return typeof found === "string" && found === rewrittenUrl(text, current.login, pending.login)
      ? found
      : text;
  });
  if (!isDeepStrictEqual(notRotated(stored), notRotated(expected))) {
    throw strayed("other things than", event);
  }
}

/** What every version of the secret has in common, besides the server, which may be spelled in two ways. */
function notRotated(document: object): object {
  const { host, port, username, password, alternateUsername, ...others } = document as Record<
    string,
    unknown
  >;
  return others;
}

/** Who moves AWSCURRENT during a rotation means it. */
export function movedSinceTest(from: string | undefined, to: string, event: RotationEvent): RotationError {
  return new RotationError(
    "secret-changed",
    `AWSCURRENT moved from version ${from} to ${to} after the pending version had been tested.`,
    howToGiveUp(event),
  );
}

/** No password goes to a server other than that of the current version. */
function assertSameServer(pending: DatabaseSecret, current: DatabaseSecret, event: RotationEvent): void {
  if (!isSameServer(pending.login, current.login)) {
    throw strayed("another host or port than", event);
  }
}

function strayed(how: string, event: RotationEvent): RotationError {
  return new RotationError(
    "secret-changed",
    `The value under AWSPENDING names ${how} the value under AWSCURRENT, which was edited after the rotation began.`,
    howToGiveUp(event),
  );
}
