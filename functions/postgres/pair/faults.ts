import { isModern } from "../session.ts";
import { id } from "../sql.ts";
import type { Facts, Role } from "./facts.ts";
import { excessMemberships, grant, isMember } from "./memberships.ts";
import { alter, differentSettings } from "./settings.ts";
import {
  actsReliably,
  isSuperuser,
  readerOf,
  roleNamed,
  type Situation,
  target,
  wrongPlaces,
} from "./situation.ts";

/** One way in which a user is not the clone that it is to be, and the statement that ends it. */
export interface Fault {
  /** Whether the user has `more` than its base role, or `less`; or something else, such as another limit. */
  readonly side: "more" | "less" | "other" | "membership" | "acting";
  /** `REPLICATION`, `the role reporting`; unless it is more or less, the end of "The pending user …". */
  readonly what: string;
  /** For people: in place of a value that may be a key stands a placeholder. */
  readonly cure: string;
  /** As it is executed, if that is something else. */
  readonly run?: string;
  /** Whether the reader may execute it. */
  readonly curable: boolean;
  /** Whether it keeps the user from being promoted. */
  readonly counts: boolean;
  /** Whether a rotation goes on if the server refuses the cure. */
  readonly optional?: boolean;
}

/** What CREATE ROLE … LOGIN makes. */
const CREATED: Omit<Role, "name"> = {
  oid: Infinity,
  attributes: [],
  limits: ["CONNECTION LIMIT -1", "VALID UNTIL 'infinity'"],
  expired: false,
  canLogin: true,
  inherits: true,
  comment: null,
  administered: true,
};

/**
 * The faults of one of the two users as a clone, in the order in which they are ended; of an alternate user that does not
 * exist yet, those that it will have. The base role has none. Limits and settings are to be those of the current user.
 */
export function faultsOf(situation: Situation, user: string): Fault[] {
  const { facts, pair, base, current } = situation;
  const { server } = facts;
  const clone = roleNamed(facts, user) ?? { name: user, ...CREATED };
  const baseRole = roleNamed(facts, base);
  if (user === base || baseRole === undefined) {
    return [];
  }
  const altered = (side: Fault["side"], what: string, clause: string, curable = true) =>
    fault(side, what, `ALTER ROLE ${id(user)} ${clause}`, curable);
  // CONNECT on a database, for one, comes by inheritance; before PostgreSQL 16 that is an attribute of the member.
  const inherits = clone.inherits || isModern(server);
  const memberships = facts.memberships.map((row) => ({ ...row, inherit: row.inherit || !inherits }));
  // SET ROLE gives all attributes but REPLICATION, which is asked for before a session acts as anything.
  const lacked = baseRole.attributes.filter((one) => one === "REPLICATION" || !actsReliably(server));
  const beyond = (some: readonly string[], other: Role) =>
    some.filter((one) => !other.attributes.includes(one));
  const found = [
    isMember({ ...facts, memberships }, user, base)
      ? undefined
      : fault("membership", `is no member of ${base} by INHERIT and SET`, grant(facts, base, user)),
    inherits ? undefined : altered("other", `does not inherit from ${base}`, "INHERIT"),
    ...excessMemberships(facts, user, base).map((one) => fault("more", one.what, one.remedy, one.revocable)),
    ...beyond(clone.attributes, baseRole).map((one) =>
      altered("more", one, `NO${one}`, mayChange(facts, one)),
    ),
    ...beyond(lacked, clone).map((one) => altered("less", one, one, mayChange(facts, one))),
    ...(current?.limits ?? []).map((limit, index) =>
      clone.limits[index] === limit
        ? undefined
        : altered("other", `has ${clone.limits[index]} instead of ${limit}`, limit),
    ),
    // A clone of AWS's template that is current acts as itself until its turn.
    ...(user === pair.alternate || pair.clone === undefined ? actingFaults(situation, user) : []),
    ...differentSettings(facts, pair.current, user),
  ];
  return found.filter((one) => one !== undefined);
}

/** The fault as the end of "The pending user …", if that has it; `mirrored` if the current one has it. */
export function told({ side, what }: Fault, mirrored?: string): string {
  if (side !== "more" && side !== "less") {
    return mirrored === undefined ? what : `is not like ${mirrored}, which ${what}`;
  }
  return `${(side === "more") === (mirrored === undefined) ? "has" : "lacks"} ${what}`;
}

function fault(side: Fault["side"], what: string, cure: string, curable = true): Fault {
  return { side, what, cure, curable, counts: true };
}

/** Manual, ALTER ROLE: since PostgreSQL 16 a role that has an attribute may give it; before, some take a superuser. */
function mayChange(facts: Facts, attribute: string): boolean {
  const modern = isModern(facts.server);
  const enough = attribute === "CREATEDB" && !modern ? "CREATEROLE" : attribute;
  const isEnough = enough !== "SUPERUSER" && (modern || enough === "CREATEROLE");
  return isSuperuser(readerOf(facts)) || (isEnough && readerOf(facts)?.attributes.includes(enough) === true);
}

/** Everywhere first, and then where that would not be right; as if the user were a member of its base role. */
function actingFaults(situation: Situation, user: string): Fault[] {
  const { facts, base } = situation;
  const options = {
    admin: false,
    inherit: true,
    set: true,
    bySuperuser: true,
    almighty: false,
    revocable: true,
  };
  const memberships = [...facts.memberships, { role: base, member: user, grantor: null, ...options }];
  const wrong = (settings: Facts["settings"]) =>
    wrongPlaces({ ...situation, facts: { ...facts, memberships, settings } }, user);
  const setting = { role: user, database: null, name: "role", value: target(situation, null) };
  const isOther = (one: Facts["settings"][number]) =>
    one.role !== user || one.database !== null || one.name !== "role";
  const now = wrong(facts.settings);
  const places = now.includes(null) ? [null, ...wrong([...facts.settings.filter(isOther), setting])] : now;
  return places.map((place) => {
    const role = target(situation, place);
    const where = place === null ? "" : ` in the database ${id(place)}`;
    return fault(
      "acting",
      `does not act as ${role}${where}`,
      `${alter(user, place)} SET role TO ${id(role)}`,
    );
  });
}
