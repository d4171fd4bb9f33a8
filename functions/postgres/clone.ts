import type { Log } from "../../shared/report/log.ts";
import { attributesToCopy, differentFlags } from "./attributes.ts";
import { excessMemberships, grantBase } from "./memberships.ts";
import { handOver } from "./ownership.ts";
import {
  actingRole,
  isSameSetting,
  type RoleSetting,
  readRoleSettings,
  settingStatements,
} from "./role-settings.ts";
import type { Role } from "./roles.ts";
import { warnOfSessionUser } from "./row-policies.ts";
import { actsAsBaseReliably, type Server } from "./server.ts";
import { attempt, NOT_ALLOWED, type Sql } from "./sql.ts";

export interface Twins {
  readonly base: Role;
  readonly clone: Role;
  /** Whether nothing may be taken from the clone: it is one by the word of the secret, and may be somebody's own. */
  readonly untouchable: boolean;
}

/**
 * Brings a clone in line with its base user, which is the source of truth. The clone is a member of the base user
 * and acts as it from login on (`SET role`), so that privileges need no copying and whatever either makes belongs
 * to the base user. What follows the login role and not the acting one is copied.
 */
export async function alignClone(sql: Sql, server: Server, twins: Twins, log: Log): Promise<void> {
  const { base, clone } = twins;
  const name = sql.escapeIdentifier(clone.name);
  await grantBase(sql, server, base, clone);
  if (!clone.inherit) {
    await sql.query(`ALTER ROLE ${name} INHERIT`); // CONNECT on the database, for one, comes by inheritance.
  }
  for (const { revoke } of await excessMemberships(sql, base, clone)) {
    await change(sql, revoke, log);
  }
  const present = await readRoleSettings(sql, clone.name);
  const wanted = await wantedSettings(sql, server, twins, present, log);
  const acts = wanted.some(({ name }) => name === "role");
  for (const attribute of attributesToCopy(sql, base, clone, acts)) {
    await change(sql, `ALTER ROLE ${name} ${attribute}`, log);
  }
  for (const { statement, forLog } of settingStatements(sql, clone.name, wanted, present)) {
    await change(sql, statement, log, forLog);
  }
  await warnOfSessionUser(sql, clone.name, log);
}

/**
 * Nothing changes about a clone that applications log in as, but that its belongings become the base user's, which is
 * next: it could not use what a clone of AWS's template has made. The rest is brought in line at the clone's next turn.
 */
export async function shareBelongings(sql: Sql, server: Server, twins: Twins, log: Log): Promise<void> {
  const { base, clone, untouchable } = twins;
  await grantBase(sql, server, base, clone);
  const { more } = differentFlags(base, clone, true);
  if (more.length > 0) {
    log.warn(
      `${clone.name} has ${more.join(", ")}, which ${base.name} has not: the application goes without from this ` +
        "rotation on",
    );
  }
  if (actsAsBaseReliably(server) && (await actingRole(sql, clone.name)) === undefined) {
    const heir = (await actingRole(sql, base.name)) ?? base.name;
    await handOver(sql, { clone: clone.name, heir, acts: false, untouchable }, log);
  }
}

async function wantedSettings(
  sql: Sql,
  server: Server,
  { base, clone, untouchable }: Twins,
  present: readonly RoleSetting[],
  log: Log,
): Promise<RoleSetting[]> {
  const settings = await readRoleSettings(sql, base.name);
  const others = settings.filter(({ database, name }) => database !== null || name !== "role");
  const acting = settings.find((one) => !others.includes(one)) ?? {
    database: null,
    name: "role",
    value: base.name,
  };
  if (!actsAsBaseReliably(server)) {
    log.warn(
      `PostgreSQL ${server.version} loses the setting by which ${clone.name} acts as ${base.name}, so that what it ` +
        "makes stays its own: update the server to the newest minor release",
    );
  } else {
    const acts = present.some((one) => isSameSetting(one, acting));
    const empty = await handOver(sql, { clone: clone.name, heir: acting.value, acts, untouchable }, log);
    if (acts || empty) {
      return [...others, acting];
    }
  }
  return settings.filter(({ name }) => name !== "role");
}

/** A change that the server may refuse: then it is a person's to make, or a setting that nobody can make any more. */
async function change(sql: Sql, statement: string, log: Log, forLog = statement): Promise<void> {
  const refused = await attempt(sql, () => sql.query(statement));
  if (refused === NOT_ALLOWED) {
    log.warn(`The master user may not do this; an administrator can: ${forLog}`);
  } else if (refused) {
    log.warn(`The server refuses this (SQLSTATE ${refused}): ${forLog}`);
  }
}
