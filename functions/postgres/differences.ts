import type { Pair } from "../../shared/engine.ts";
import { differentFlags, differentLimits } from "./attributes.ts";
import { grantsOf } from "./grants.ts";
import { excessMemberships } from "./memberships.ts";
import { differencesBetweenPeers } from "./own-rights.ts";
import { actingRole, differentSettings } from "./role-settings.ts";
import { type Role, readRoles } from "./roles.ts";
import type { Sql } from "./sql.ts";
import { lookUp } from "./transaction.ts";

/**
 * As the pending user: how it differs from the current one.
 *
 * pg_roles and the settings of roles are everybody's to read. What a clone may do needs no comparing when it acts
 * as the base user; that it really does is tried, also after DISCARD ALL, with which poolers clean a connection.
 */
export async function differences(sql: Sql, pair: Pair): Promise<string[]> {
  const { found, acting } = await lookUp(sql, () => lookForDifferences(sql, pair));
  return acting && !(await actsAs(sql, acting))
    ? [...found, `does not act as ${acting}, as it is set to`]
    : found;
}

interface Findings {
  readonly found: string[];
  /** The role that the pending user is set to act as: DISCARD ALL is not possible in the transaction of a lookup. */
  readonly acting?: string | undefined;
}

async function lookForDifferences(sql: Sql, pair: Pair): Promise<Findings> {
  const { current, alternate: pending, clone } = await readRoles(sql, pair);
  if (current === undefined || pending === undefined) {
    // Before the first rotation there is only one of the two. A clone, though, was like somebody once.
    const isLost =
      pending && (pair.clone === "alternate" || (await actingRole(sql, pending.name)) === pair.current);
    return { found: isLost ? [`has nobody to be like: there is no role ${pair.current}`] : [] };
  }
  if (clone === undefined) {
    return { found: await differencesBetweenPeers(sql, current, pending) };
  }
  const found = [
    ...differentLimits(current, pending),
    ...(await differentSettings(sql, current.name, pending.name)),
  ];
  if (clone === "current") {
    const acts = (await actingRole(sql, current.name)) !== undefined;
    const { more, less } = await advantages(sql, pending, current, acts);
    return { found: [...found, ...more.map((one) => `lacks ${one}`), ...less.map((one) => `has ${one}`)] };
  }
  const acting = await actingRole(sql, pending.name);
  const { more, less } = await advantages(sql, current, pending, acting !== undefined);
  found.push(...more.map((one) => `has ${one}`), ...less.map((one) => `lacks ${one}`));
  if (acting !== undefined) {
    // It has them as soon as it acts as itself, by SET ROLE NONE.
    found.push(...(await grantsOf(sql, pending.name)).map(({ text }) => `was granted ${text} itself`));
  } else if (!(await inherits(sql, current))) {
    found.push(`does not inherit the privileges of ${current.name}`);
  }
  return { found, acting };
}

/** What the clone has beyond its base user, however it came by it, and what it lacks. */
export async function advantages(sql: Sql, base: Role, clone: Role, acts: boolean) {
  const { more, less } = differentFlags(base, clone, acts);
  const memberships = await excessMemberships(sql, base, clone);
  return {
    more: [
      ...more,
      ...memberships.map(({ role, onlyAdminOption }) =>
        onlyAdminOption ? `ADMIN OPTION on ${role}` : `the role ${role}`,
      ),
    ],
    less,
    /** What takes it away. */
    cures: [
      ...more.map((flag) => `ALTER ROLE ${sql.escapeIdentifier(clone.name)} NO${flag}`),
      ...memberships.map(({ revoke }) => revoke),
    ],
  };
}

async function inherits(sql: Sql, base: Role): Promise<boolean> {
  const { rows } = await sql.query("SELECT pg_has_role($1, 'USAGE') AS inherits", [base.name]);
  return rows[0]?.inherits === true;
}

async function actsAs(sql: Sql, role: string): Promise<boolean> {
  const atLogin = await currentUser(sql);
  await sql.query("DISCARD ALL");
  return atLogin === role && (await currentUser(sql)) === role;
}

async function currentUser(sql: Sql): Promise<unknown> {
  const { rows } = await sql.query("SELECT current_user AS name");
  return rows[0]?.name;
}
