import type { Pair } from "../../shared/engine/engine.ts";
import { beyondSetRole, differentFlags, differentLimits } from "./attributes.ts";
import { excessOf, grantedBeyond } from "./excess.ts";
import { grantsOf } from "./grants.ts";
import { differencesBetweenPeers } from "./own-rights.ts";
import { actingRole, differentSettings } from "./role-settings.ts";
import { type Role, readRoles } from "./roles.ts";
import { actsAsBaseReliably, readServer } from "./server.ts";
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
  switch (clone) {
    case "alternate":
      return differencesOfClone(sql, current, pending);
    case "current":
      return { found: await differencesOfBase(sql, pending, current) };
    default:
      return { found: await differencesBetweenPeers(sql, current, pending) };
  }
}

/** The clone is pending: it must be what its base user is. */
async function differencesOfClone(sql: Sql, base: Role, clone: Role): Promise<Findings> {
  const acting = await actingRole(sql, clone.name);
  const { less } = differentFlags(base, clone, acting !== undefined);
  const excess = await excessOf(sql, base, clone, await isPlainMember(sql, acting));
  const found = [
    ...differentLimits(base, clone),
    ...(await differentSettings(sql, base.name, clone.name)),
    ...excess.map(({ what }) => `has ${what}`),
    ...less.map((flag) => `lacks ${flag}`),
  ];
  if (acting !== undefined) {
    // It has them as soon as it acts as itself, by SET ROLE NONE.
    found.push(...(await grantsOf(sql, clone.name)).map(({ text }) => `was granted ${text} itself`));
  } else if (!(await inherits(sql, base))) {
    found.push(`does not inherit the privileges of ${base.name}`);
  }
  return { found, acting };
}

/**
 * The base user is pending, and is right by itself: attributes, limits and settings of its clone are copies of what it
 * had at the clone's last turn. What never was a copy is compared: what the clone was granted besides. So is what even
 * a member may not have: a member of somebody's role need not be the clone of it.
 */
async function differencesOfBase(sql: Sql, base: Role, clone: Role): Promise<string[]> {
  const acting = await actingRole(sql, clone.name);
  const granted = await grantedBeyond(sql, base, clone, await isPlainMember(sql, acting));
  return [
    ...beyondSetRole(base, clone).map((flag) => `has ${flag}`),
    ...granted.map(({ what }) => `lacks ${what}`),
  ];
}

/** Whether a clone, by whom it is set to act as, is a plain member because the server cannot do better. */
async function isPlainMember(sql: Sql, acting: string | undefined): Promise<boolean> {
  return acting === undefined && !actsAsBaseReliably(await readServer(sql));
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
