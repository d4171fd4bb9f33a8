import type { Pair } from "../../shared/engine.ts";
import { otherMemberships } from "./clone.ts";
import { grantsOf } from "./grants.ts";
import { readRoleSettings } from "./role-settings.ts";
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
    return { found: [] }; // Before the first rotation there is only one of the two.
  }
  const found = [
    ...differentAttributes(current, pending),
    ...lacksAndHas("the setting", await settingsOf(sql, current.name), await settingsOf(sql, pending.name)),
  ];
  if (clone === "alternate") {
    const extra = await otherMemberships(sql, current, pending);
    found.push(...extra.map((role) => `is a member of ${role}`));
    const acting = await actingRole(sql, pending);
    if (acting === undefined && !(await inherits(sql, current))) {
      found.push(`does not inherit the privileges of ${current.name}`);
    }
    return { found, acting };
  }
  if (clone === "current") {
    const extra = await otherMemberships(sql, pending, current);
    return { found: [...found, ...extra.map((role) => `is not a member of ${role}`)] };
  }
  found.push(
    ...lacksAndHas(
      "the role",
      await membershipsOf(sql, current.name),
      await membershipsOf(sql, pending.name),
    ),
    ...lacksAndHas("the privilege", await grantTexts(sql, current.name), await grantTexts(sql, pending.name)),
  );
  return { found };
}

function differentAttributes(current: Role, pending: Role): string[] {
  const found = [];
  if (current.connectionLimit !== pending.connectionLimit) {
    found.push(`has CONNECTION LIMIT ${pending.connectionLimit} instead of ${current.connectionLimit}`);
  }
  if (current.replication !== pending.replication) {
    found.push(`has ${pending.replication ? "REPLICATION" : "NOREPLICATION"}`);
  }
  if ((current.validUntil ?? "infinity") !== (pending.validUntil ?? "infinity")) {
    found.push(`has VALID UNTIL ${pending.validUntil} instead of ${current.validUntil}`);
  }
  return found;
}

function lacksAndHas(what: string, current: readonly string[], pending: readonly string[]): string[] {
  return [
    ...current.filter((one) => !pending.includes(one)).map((one) => `lacks ${what} ${one}`),
    ...pending.filter((one) => !current.includes(one)).map((one) => `has ${what} ${one}`),
  ];
}

/** Without `role`, which differs by design, and what only a superuser may set: see clone.ts. */
async function settingsOf(sql: Sql, role: string): Promise<string[]> {
  const { rows } = await sql.query("SELECT name FROM pg_settings WHERE context = 'superuser'");
  const unsettable = new Set(["role", ...rows.map(({ name }) => name)]);
  const settings = await readRoleSettings(sql, role);
  return settings
    .filter(({ name }) => !unsettable.has(name))
    .map(({ database, name, value }) => `${name} = ${value}${database === null ? "" : ` in ${database}`}`);
}

async function membershipsOf(sql: Sql, role: string): Promise<string[]> {
  const { rows } = await sql.query(
    `SELECT DISTINCT roleid::regrole::text AS role FROM pg_auth_members
      WHERE member = (SELECT oid FROM pg_roles WHERE rolname = $1)`,
    [role],
  );
  return rows.map((row) => String(row.role));
}

async function grantTexts(sql: Sql, role: string): Promise<string[]> {
  return (await grantsOf(sql, role)).map(({ text }) => text);
}

async function inherits(sql: Sql, base: Role): Promise<boolean> {
  const { rows } = await sql.query("SELECT pg_has_role($1, 'USAGE') AS inherits", [base.name]);
  return rows[0]?.inherits === true;
}

async function actingRole(sql: Sql, clone: Role): Promise<string | undefined> {
  const settings = await readRoleSettings(sql, clone.name);
  return settings.find(({ database, name }) => database === null && name === "role")?.value;
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
