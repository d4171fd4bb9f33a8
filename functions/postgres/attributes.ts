import type { Role } from "./roles.ts";
import type { Sql } from "./sql.ts";

type Flag = "superuser" | "createRole" | "createDatabase" | "bypassRowSecurity" | "replication";

const KEYWORDS: Record<Flag, string> = {
  superuser: "SUPERUSER",
  createRole: "CREATEROLE",
  createDatabase: "CREATEDB",
  bypassRowSecurity: "BYPASSRLS",
  replication: "REPLICATION",
};

const FLAGS = Object.keys(KEYWORDS) as Flag[]; // Object.keys forgets which keys they are.

/**
 * The attributes by which a clone is still more than its base user, or less. One that acts as the base user has the
 * base user's attributes by that, but for REPLICATION, which is asked for before it acts as anybody.
 */
export function differentFlags(base: Role, clone: Role, acts: boolean): { more: string[]; less: string[] } {
  const different = FLAGS.filter((flag) => clone[flag] !== base[flag]);
  const more = different.filter((flag) => clone[flag]);
  const less = different.filter((flag) => base[flag] && (!acts || flag === "replication"));
  return { more: more.map((flag) => KEYWORDS[flag]), less: less.map((flag) => KEYWORDS[flag]) };
}

/** What the base user has and its member does not get by SET ROLE: that which is asked for before there is a session. */
export function beyondSetRole(base: Role, clone: Role): string[] {
  return differentFlags(base, clone, true).less;
}

/** What stands after ALTER ROLE <clone>. */
export function attributesToCopy(sql: Sql, base: Role, clone: Role, acts: boolean): string[] {
  const { more, less } = differentFlags(base, clone, acts);
  const attributes = [...more.map((keyword) => `NO${keyword}`), ...less];
  if (clone.connectionLimit !== base.connectionLimit) {
    attributes.push(`CONNECTION LIMIT ${base.connectionLimit}`);
  }
  if (clone.validUntil !== base.validUntil) {
    attributes.push(`VALID UNTIL ${sql.escapeLiteral(base.validUntil ?? "infinity")}`);
  }
  return attributes;
}

/** How the pending user's limits differ, for the end of the sentence "The pending user …". */
export function differentLimits(current: Role, pending: Role): string[] {
  const found = [];
  if (current.connectionLimit !== pending.connectionLimit) {
    found.push(`has CONNECTION LIMIT ${pending.connectionLimit} instead of ${current.connectionLimit}`);
  }
  const [until, pendingUntil] = [current.validUntil ?? "infinity", pending.validUntil ?? "infinity"];
  if (until !== pendingUntil) {
    found.push(`has VALID UNTIL ${pendingUntil} instead of ${until}`);
  }
  return found;
}
