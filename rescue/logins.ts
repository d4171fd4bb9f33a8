import { type Reason, RotationError } from "../shared/report/errors.ts";
import { isSameServer, sameAccount } from "../shared/secret/same-server.ts";
import { type Databases, type Outcome, tryLogin } from "./database.ts";
import { readValue, type SecretState, type UsableVersion, type Version } from "./secret-state.ts";
import type { SecretsManager } from "./secrets-manager.ts";

/** What is known of a version's password: an outcome, or why it was not tried. */
export type Knowledge = Outcome | { readonly notTried: string };

/** By the version's id. */
export type Logins = ReadonlyMap<string, Knowledge>;

/** No other user would fare better. */
const OF_THE_SERVER: readonly Reason[] = ["unreachable", "tls", "unavailable", "unsupported", "deadline"];

/**
 * Tries the labeled versions: AWSCURRENT, AWSPENDING, AWSPREVIOUS, each user only until one of its passwords is
 * accepted, since refused logins lock accounts on some servers. Where a user can have two passwords, the pending one
 * is tried as well. No password goes to another server than AWSCURRENT's, nor out without TLS where
 * AWSCURRENT has it.
 */
export async function tryLabeled(to: Databases, state: SecretState): Promise<Logins> {
  const logins = new Map<string, Knowledge>();
  const current = state.current?.usable;
  if (current === undefined) {
    return logins;
  }
  const accepted = new Set<string>();
  /** What no other password helps against: for one user, or, under undefined, for all of them. */
  const hindered = new Map<string | undefined, RotationError>();
  for (const version of [current, state.pending?.usable, state.previous?.usable]) {
    if (version === undefined) continue;
    const { engine, secret } = version;
    const { username } = secret.login;
    const hindrance = hindered.get(undefined) ?? hindered.get(username);
    if (!isSafe(version, current)) {
      logins.set(version.id, { notTried: "another server than AWSCURRENT's, or one without TLS" });
    } else if (hindrance) {
      logins.set(version.id, hindrance);
    } else if (accepted.has(username) && !(engine.secondPassword && version.id === state.pending?.id)) {
      logins.set(version.id, { notTried: `${username} logs in already, and a refused login counts` });
    } else {
      const outcome = await tryLogin(to, engine, secret.login);
      logins.set(version.id, outcome);
      if (outcome === "logs in") accepted.add(username);
      if (outcome instanceof RotationError) {
        hindered.set(OF_THE_SERVER.includes(outcome.reason) ? undefined : username, outcome);
      }
    }
  }
  return logins;
}

/** Why it is not known whether AWSCURRENT logs in; undefined if it is. */
export function whyUnknown(state: SecretState, logins: Logins): RotationError | undefined {
  const outcome = logins.get(state.current?.id ?? "");
  return outcome instanceof RotationError ? outcome : undefined;
}

/** The server has not said a word about the login: another machine may well reach it. */
export function isUnreached({ reason }: RotationError): boolean {
  return reason === "unreachable" || reason === "deadline";
}

/** The password is right, and must be set anew before anything else is let in with it. */
export function hasExpired(known: Knowledge | undefined): known is RotationError {
  return known instanceof RotationError && known.reason === "password-expired";
}

/** The first version of the same user and server as AWSCURRENT whose password is accepted, AWSCURRENT included. */
export function workingVersion(state: SecretState, logins: Logins): UsableVersion | undefined {
  const current = state.current?.usable;
  return [current, state.pending?.usable, state.previous?.usable].find(
    (version) => current && version && isSubstitute(version, current) && logins.get(version.id) === "logs in",
  );
}

/** A version that may take the place of AWSCURRENT: the same user of the same server, and TLS is no weaker. */
export function isSubstitute(version: UsableVersion, current: UsableVersion): boolean {
  return sameAccount(version.secret.login, current.secret.login) && isSafe(version, current);
}

/** May its password be sent where it says, as it says? */
function isSafe({ secret }: UsableVersion, current: UsableVersion): boolean {
  const { login } = current.secret;
  return isSameServer(secret.login, login) && (secret.login.tls !== false || login.tls === false);
}

export interface Search {
  /** The version that logs in. */
  readonly found: UsableVersion | undefined;
  readonly refused: number;
  /** Versions of other users or servers, and those without a usable value. */
  readonly leftAside: number;
}

/**
 * Reads and tries versions without labels, newest first, until one logs in.
 *
 * @throws RotationError if the server can't be asked, or asked no more.
 */
export async function searchUnlabeled(
  to: Databases,
  secretsManager: SecretsManager,
  unlabeled: readonly Version[],
  current: UsableVersion,
): Promise<Search> {
  let [refused, leftAside] = [0, 0];
  for (const version of unlabeled) {
    const { usable } = await readValue(secretsManager, version);
    if (usable === undefined || !isSubstitute(usable, current)) {
      leftAside++;
      continue;
    }
    const outcome = await tryLogin(to, usable.engine, usable.secret.login);
    if (outcome instanceof RotationError) throw outcome;
    if (outcome === "logs in") return { found: usable, refused, leftAside };
    refused++;
  }
  return { found: undefined, refused, leftAside };
}
