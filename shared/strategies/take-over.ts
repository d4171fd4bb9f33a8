import type { Finding, Ownership, Pair, Taking } from "../engine/pair.ts";
import type { Explanation } from "../report/errors.ts";
import { joinStatements } from "../report/safe-text.ts";

export type Decision =
  | { readonly taking: Taking; readonly refusal?: never }
  | { readonly refusal: Explanation; readonly taking?: never };

/**
 * Decides whether the alternate user may be created or taken over. The master user then changes its password and its
 * privileges: only this function keeps a secret writer from taking over another team's user.
 *
 * The first line that matches the facts decides. "possessed" means that the alternate user logs in with the password under
 * AWSPREVIOUS or, on a retry, with the one under AWSPENDING.
 *
 * | the alternate user … | names by suffix (`_clone`) | the secret names it (`alternateUsername`) |
 * | --- | --- | --- |
 * | does not exist | created | created |
 * | is one of the server's own users | refused: user-not-owned | refused: user-not-owned |
 * | has an outsider with more power over it than over the base user | refused: user-not-owned | refused: user-not-owned |
 * | may do more than the current one, and still would after the planned changes | refused: privilege-mismatch | refused: privilege-mismatch |
 * | has the ownership marker `clone` | taken | possessed: taken, adds only; otherwise refused: user-not-owned |
 * | has the ownership marker `partner` | possessed: taken, adds only; otherwise refused: user-not-owned | taken |
 * | has the ownership marker `reversed` | possessed: taken, adds only; otherwise refused: user-not-owned | possessed: taken, adds only; otherwise refused: user-not-owned |
 * | has no ownership marker | possessed: taken, adds only; otherwise refused: user-not-owned | possessed: taken, adds only; otherwise refused: user-not-owned |
 *
 * "Adds only": a plan that would revoke something from the user or change a property of it is refused, since several teams
 * may know the password of a shared account. Equal privileges do not allow a take-over either: for the server the two users
 * are two identities (USER(), session_user, row policies, definers).
 *
 * @param possessed undefined if not known yet. To find out takes a login, and a rejected login counts toward an account
 * lock. So it is found out only if nothing else decides.
 */
export function takeOver(facts: Ownership, pair: Pair, possessed: boolean): Decision;
export function takeOver(facts: Ownership, pair: Pair): Decision | "undecided";
export function takeOver(facts: Ownership, pair: Pair, possessed?: boolean): Decision | "undecided" {
  const { alternate } = pair;
  if (!facts.exists) {
    return { taking: "created" };
  }
  if (facts.reserved) {
    return refused(
      "user-not-owned",
      `The user ${alternate} is one of the server's own.`,
      "Name another alternateUsername in the secret, or rename the user.",
    );
  }
  if (facts.outsiders.length > 0) {
    return refused(
      "user-not-owned",
      `The user ${alternate} is not this secret's alone: ${list(facts.outsiders)}.`,
      `Run as an administrator: ${remedies(facts.outsiders)}`,
    );
  }
  if (facts.gains.length > 0) {
    return refused(
      "privilege-mismatch",
      `The user ${alternate} has ${list(facts.gains)}, which ${pair.current} does not have.`,
      `Run as an administrator: ${remedies(facts.gains)}`,
    );
  }
  if (facts.marker === (pair.clone === undefined ? "partner" : "clone")) {
    return { taking: "marked" };
  }
  if (possessed === undefined) {
    return "undecided";
  }
  return possessed ? { taking: "possessed" } : notOwned(facts, pair);
}

function notOwned({ marker, mark, unmark }: Ownership, { current, alternate }: Pair): Decision {
  if (marker === "reversed" && unmark !== undefined) {
    return refused(
      "user-not-owned",
      `The ownership marker says that ${current} and ${alternate} are base user and clone the other way round than ` +
        "their names, and AWSPREVIOUS does not log in.",
      `If that is a mistake, run as an administrator: ${unmark}`,
    );
  }
  return refused(
    "user-not-owned",
    `The user ${alternate} exists, and nothing shows that it belongs to this secret.`,
    `If it does, run as an administrator: ${mark} - if it does not, name another alternateUsername.`,
  );
}

/** The refusal if a user is taken by possession alone and the plan would revoke something from it. */
export function mayOnlyAdd({ mark }: Ownership, { alternate }: Pair, taken: readonly string[]): Explanation {
  return {
    reason: "user-not-owned",
    cause:
      `The user ${alternate} logs in with a password of this secret, but has no ownership marker, so that the rotation ` +
      `may not take anything away from it, as this would: ${taken.join("; ")}.`,
    remedy: `If the user belongs to this secret, run as an administrator: ${mark} - otherwise name another alternateUsername.`,
  };
}

function list(findings: readonly Finding[]): string {
  return findings.map(({ what }) => what).join(", ");
}

function remedies(findings: readonly Finding[]): string {
  return joinStatements(findings.map(({ remedy }) => remedy));
}

function refused(reason: Explanation["reason"], cause: string, remedy: string): Decision {
  return { refusal: { reason, cause, remedy } };
}
