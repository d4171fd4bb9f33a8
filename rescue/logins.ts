import { type Reason, RotationError } from "../shared/report/errors.ts";
import { isSameServer, sameAccount } from "../shared/secret/same-server.ts";
import { type Databases, type Outcome, tryLogin } from "./database.ts";
import { readValue, type SecretState, type UsableVersion, type Version } from "./secret-state.ts";
import type { SecretsManager } from "./secrets-manager.ts";

/** Outcome of a login with a version's password, or why it was not tried. */
export type Knowledge = Outcome | { readonly notTried: string };

/** Key: id of the version. */
export type Logins = ReadonlyMap<string, Knowledge>;

/** Reasons that concern the server: no other user could log in either. */
const SERVER_REASONS: readonly Reason[] = ["unreachable", "tls", "unavailable", "unsupported", "deadline"];

/**
 * Tries the labeled versions in the order AWSCURRENT, AWSPENDING, AWSPREVIOUS, and stops for a user once one of its passwords
 * is accepted: rejected logins lock accounts on some servers. AWSPENDING is tried anyway if a user can have two passwords.
 * No password is sent to another server than AWSCURRENT's, nor without TLS if AWSCURRENT uses TLS. Otherwise a secret
 * writer could collect passwords with a version that names the writer's own host.
 */
export async function tryLabeled(to: Databases, state: SecretState): Promise<Logins> {
  const logins = new Map<string, Knowledge>();
  const current = state.current?.usable;
  if (current === undefined) {
    return logins;
  }
  const accepted = new Set<string>();
  /** Errors that another password does not cure. Key: user name; undefined for all users. */
  const failures = new Map<string | undefined, RotationError>();
  for (const version of [current, state.pending?.usable, state.previous?.usable]) {
    if (version === undefined) continue;
    const { engine, secret } = version;
    const { username } = secret.login;
    const failure = failures.get(undefined) ?? failures.get(username);
    if (!isSafe(version, current)) {
      logins.set(version.id, { notTried: "another server than AWSCURRENT's, or one without TLS" });
    } else if (failure) {
      logins.set(version.id, failure);
    } else if (accepted.has(username) && !(engine.secondPassword && version.id === state.pending?.id)) {
      logins.set(version.id, { notTried: `${username} logs in already, and a refused login counts` });
    } else {
      const outcome = await tryLogin(to, engine, secret.login);
      logins.set(version.id, outcome);
      if (outcome === "logs in") accepted.add(username);
      if (outcome instanceof RotationError) {
        failures.set(SERVER_REASONS.includes(outcome.reason) ? undefined : username, outcome);
      }
    }
  }
  return logins;
}

/** Why it is unknown whether AWSCURRENT logs in; undefined if it is known. */
export function whyUnknown(state: SecretState, logins: Logins): RotationError | undefined {
  const outcome = logins.get(state.current?.id ?? "");
  return outcome instanceof RotationError ? outcome : undefined;
}

/** Whether the server did not answer the login. Another machine may be able to reach the server. */
export function isUnreached({ reason }: RotationError): boolean {
  return reason === "unreachable" || reason === "deadline";
}

/** Whether the password is correct but expired: the server accepts only a change of the password. */
export function hasExpired(known: Knowledge | undefined): known is RotationError {
  return known instanceof RotationError && known.reason === "password-expired";
}

/** The first version, including AWSCURRENT, of AWSCURRENT's user and server whose password is accepted. */
export function workingVersion(state: SecretState, logins: Logins): UsableVersion | undefined {
  const current = state.current?.usable;
  return [current, state.pending?.usable, state.previous?.usable].find(
    (version) => current && version && isSubstitute(version, current) && logins.get(version.id) === "logs in",
  );
}

/** Whether a version may become AWSCURRENT: it has the same user and server, and no weaker TLS. */
export function isSubstitute(version: UsableVersion, current: UsableVersion): boolean {
  return sameAccount(version.secret.login, current.secret.login) && isSafe(version, current);
}

/** Whether the password may be sent to the version's address: AWSCURRENT's server, and TLS if AWSCURRENT uses TLS. */
function isSafe({ secret }: UsableVersion, current: UsableVersion): boolean {
  const { login } = current.secret;
  return isSameServer(secret.login, login) && (secret.login.tls !== false || login.tls === false);
}

export interface Search {
  /** The version that logs in. */
  readonly found: UsableVersion | undefined;
  readonly refused: number;
  /** Number of versions of other users or servers, or without a usable value. */
  readonly skipped: number;
}

/**
 * Reads and tries versions without labels, newest first, until one logs in.
 *
 * @throws RotationError if a login fails for another reason than a wrong password, such as a locked account
 */
export async function searchUnlabeled(
  to: Databases,
  secretsManager: SecretsManager,
  unlabeled: readonly Version[],
  current: UsableVersion,
): Promise<Search> {
  let [refused, skipped] = [0, 0];
  for (const version of unlabeled) {
    const { usable } = await readValue(secretsManager, version);
    if (usable === undefined || !isSubstitute(usable, current)) {
      skipped++;
      continue;
    }
    const outcome = await tryLogin(to, usable.engine, usable.secret.login);
    if (outcome instanceof RotationError) throw outcome;
    if (outcome === "logs in") return { found: usable, refused, skipped };
    refused++;
  }
  return { found: undefined, refused, skipped };
}
