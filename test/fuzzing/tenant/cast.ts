import type { Cast as TenantCast } from "../../support/tenant/tenant.ts";

/** The users of one case, by the part that each plays. */
const PARTS = {
  /** May write a secret, and logs in as its user. */
  tenant: "",
  tenant_clone: "_clone",
  /** Another team's user, with a secret of its own. */
  hr: "",
  hr_clone: "_clone",
  /** Has exactly the privileges that the tenant has, and another password. */
  peer: "",
  peer_clone: "_clone",
  /** The user of the master secret. */
  admin: "",
  /** Names for what the tenant makes. */
  x: "",
  y: "",
  /** A name that no user has. */
  absent: "",
} as const;

export type Part = keyof typeof PARTS;
export type Cast = Readonly<Record<Part, string>>;

/** @param number tells the case's users from those of all others on the same server. */
export function castOf(number: number): Cast {
  const entries = Object.entries(PARTS).map(([part, suffix]) => {
    const base = part.replace(/_clone$/, "");
    return [part, `${base}${number}${suffix}`];
  });
  return Object.fromEntries(entries);
}

/** The parts in a text, such as `GRANT <x> TO <hr>`, by the names of the case. */
export function withNames(text: string, cast: Cast, written = (name: string) => name): string {
  return text
    .replaceAll(/<(\w+)>/g, (_, part: Part) => written(cast[part]))
    .replaceAll(/\[(\w+)\]/g, (_, part: Part) => cast[part]);
}

/** What the tenant gives to all users that it makes. */
export const MADE = "Made-by-the-tenant-1";

/** The same for the moves that the contract's suite has, too. */
export function victimOf(cast: Cast): TenantCast {
  const { tenant, hr, hr_clone, admin } = cast;
  return {
    tenant,
    victim: hr,
    victimClone: hr_clone,
    admin,
    place: tenant,
    treasure: `${hr}_salaries`,
    password: MADE,
  };
}
