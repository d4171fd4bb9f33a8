import type { Finding, Ownership, Pair } from "../../../shared/engine/pair.ts";
import type { Explanation } from "../../../shared/report/errors.ts";
import { joinStatements } from "../../../shared/report/safe-text.ts";
import type { PairFacts } from "../../mysql/pair/facts.ts";
import type { Marking } from "../../mysql/pair/pair-dialect.ts";
import { accountText, literal } from "../../mysql/sql.ts";

/** A role with this prefix and the base user's name marks a clone: MariaDB's accounts have no comments or attributes. */
export const MARKER = "rotation_clone_of_";

export const markerOf = (base: string) => MARKER + base;

/** To grant a role takes ADMIN OPTION on it, which its creator has: not even root, if it was another user. */
export function mark({ clones, base }: Marking): string[] {
  const role = literal(markerOf(base));
  return [
    `CREATE ROLE IF NOT EXISTS ${role}`,
    ...(clones.length > 0 ? [`GRANT ${role} TO ${clones.map(accountText).join(", ")}`] : []),
  ];
}

export function unmark({ clones, base }: Marking): string[] {
  return [`REVOKE ${literal(markerOf(base))} FROM ${clones.map(accountText).join(", ")}`];
}

/** The role is made anew, lest it have an owner, a member or a privilege; the admin user is to mark new clones with it. */
export function markByAdministrator(marking: Marking, facts: PairFacts): string[] {
  const role = literal(markerOf(marking.base));
  return [
    ...(has(facts, "exists", marking.base).length > 0 ? [`DROP ROLE ${role}`] : []),
    ...mark(marking),
    `GRANT ${role} TO ${accountText(facts.admin)} WITH ADMIN OPTION`,
  ];
}

/**
 * SELECTs of the privileges and members of both users' markers. Roles have an empty host. A `member` has no ADMIN OPTION, a
 * `grantor` has it. A grantor with CREATE USER is `trusted`: it could create markers anyway.
 */
export function markerFacts(_users: string, { current, alternate }: Pair): string[] {
  const roles = `(${[current, alternate].map((user) => literal(markerOf(user))).join(", ")})`;
  const holds = (table: string, what: string, and = "", kind = "holds") =>
    `SELECT '${kind}', User, ${what}, '', '', '' FROM mysql.${table} WHERE Host = '' AND User IN ${roles}${and}`;
  return [
    holds("user", "''", " AND is_role = 'Y'", "exists"),
    `SELECT CASE WHEN Admin_option = 'N' THEN 'member' WHEN EXISTS (SELECT 1 FROM mysql.user u WHERE u.User = m.User
       AND u.Host = m.Host AND u.Create_user_priv = 'Y') THEN 'trusted' ELSE 'grantor' END, Role, User, Host, '', ''
       FROM mysql.roles_mapping m WHERE Role IN ${roles}`,
    holds("global_priv", "'*.*'", " AND JSON_VALUE(Priv, '$.access') <> 0"),
    holds("db", "Db"),
    holds("tables_priv", "Table_name"),
    holds("columns_priv", "Table_name"),
    holds("procs_priv", "Routine_name"),
    holds("proxies_priv", "Proxied_user"),
    holds("roles_mapping", "Role", "", "acts"),
  ];
}

type Kind = "exists" | "member" | "grantor" | "trusted" | "holds" | "acts";

/** Returns the users and hosts of a kind, or the privileges and roles of the marker. */
function has({ rows }: PairFacts, kind: Kind, base: string): { user: string; host: string }[] {
  return rows
    .filter(([one, role]) => one === kind && role === markerOf(base))
    .map(([, , user = "", host = ""]) => ({ user, host }));
}

/**
 * Returns what a marker must not have: privileges, which the comparison would not see, members other than the clone and its
 * grantors, and grantors without CREATE USER.
 */
export function markerFindings(facts: PairFacts, pair: Pair): Pick<Ownership, "gains" | "outsiders"> {
  const [base, clone] =
    pair.clone === "current" ? [pair.alternate, pair.current] : [pair.current, pair.alternate];
  const role = markerOf(base);
  const held = [...new Set(has(facts, "holds", base).map(({ user }) => user))];
  const roles = has(facts, "acts", base).map(({ user }) => user);
  // An admin user without CREATE USER is no outsider: another error says what it lacks.
  const grantors = has(facts, "grantor", base).filter(
    (holder) => accountText(holder) !== accountText(facts.admin),
  );
  const members = has(facts, "member", base).filter(({ user, host }) => user !== clone || host === "");
  const names = (holders: { user: string; host: string }[]) =>
    holders.map((holder) => (holder.host === "" ? literal(holder.user) : accountText(holder))).join(", ");
  const outsiders = [
    ...(members.length > 0
      ? [`${names(members)} is a member of the ownership marker, the role ${role}`]
      : []),
    ...(grantors.length > 0 ? [`${names(grantors)} may grant the ownership marker, the role ${role}`] : []),
  ].join(", ");
  const accounts = (pair.clone === "current" ? facts.current : facts.alternate).filter(
    ({ cloneOf }) => cloneOf === base,
  );
  // Only who has ADMIN OPTION on the role can revoke it, and that option: not even root, if another user has created it.
  const remedy = joinStatements(
    markByAdministrator({ clones: accounts.map(({ name }) => name), base }, facts),
  );
  const granted = [...roles, ...held].join(", ");
  const gains = granted && `what the role ${role}, its ownership marker, was granted (${granted})`;
  const found = (what: string): Finding[] => (what === "" ? [] : [{ what, remedy }]);
  return { gains: found(gains), outsiders: found(outsiders) };
}

/** Called before anything is marked or created. The role may exist already, from a clone that was dropped. */
export function mayNotMark(marking: Marking, facts: PairFacts, pair: Pair): Explanation | undefined {
  const { gains, outsiders } = markerFindings(facts, pair);
  const findings = [...gains, ...outsiders].map(({ what }) => what);
  const grantors = [...has(facts, "trusted", marking.base), ...has(facts, "grantor", marking.base)];
  const mayGrant = grantors.some((holder) => accountText(holder) === accountText(facts.admin));
  const why =
    findings.length > 0 ? findings.join(", ") : mayGrant ? undefined : "the master user may not grant it";
  return why === undefined || has(facts, "exists", marking.base).length === 0
    ? undefined
    : {
        reason: findings.length > 0 ? "user-not-owned" : "missing-privilege",
        cause: `The role ${markerOf(marking.base)} exists already, and cannot mark the alternate user: ${why}.`,
        remedy: `Run as an administrator: ${joinStatements(markByAdministrator(marking, facts))}`,
      };
}
