import type { Finding } from "../../../shared/engine/pair.ts";
import { isModern } from "../session.ts";
import { id } from "../sql.ts";
import { type Facts, type Role, roleNamed } from "./facts.ts";
import { excessMemberships, grant, membershipsOf } from "./memberships.ts";
import { alter, differentSettings } from "./settings.ts";
import { actsReliably, isSuperuser, readerOf, type Situation, target, wrongPlaces } from "./situation.ts";

/**
 * One way in which a user is not the clone that it is to be: `REPLICATION`, `the role reporting`, or, unless it is more or
 * less than its base role has, the end of "The pending user …". In the remedy a placeholder stands for what may be a key.
 */
export interface Fault extends Finding {
  readonly side: "more" | "less" | "other" | "membership" | "acting";
  /** The remedy as it is executed, if that is something else. A rotation goes on if the server refuses it. */
  readonly run?: string;
  /** Whether the reader may execute it. */
  readonly curable: boolean;
  /** Whether it keeps the user from being promoted. */
  readonly counts: boolean;
}

/** What CREATE ROLE … LOGIN makes, as far as it differs from what a clone is to be. */
const CREATED = {
  attributes: [] as string[],
  limits: ["CONNECTION LIMIT -1", "VALID UNTIL 'infinity'"],
  inherits: true,
};

/**
 * The faults of one of the two users as a clone, in the order in which they are ended; of an alternate user that does not
 * exist yet, those that it will have. The base role has none. Limits and settings are to be those of the current user.
 */
export function faultsOf(situation: Situation, user: string): Fault[] {
  const { facts, pair, base, current } = situation;
  const clone: Pick<Role, keyof typeof CREATED> = roleNamed(facts, user) ?? CREATED;
  const baseRole = roleNamed(facts, base);
  if (user === base || baseRole === undefined) {
    return [];
  }
  const altered = (side: Fault["side"], what: string, clause = what) =>
    fault(side, what, `ALTER ROLE ${id(user)} ${clause}`, side === "other" || mayGive(facts, what));
  // CONNECT on a database, for one, comes by inheritance; before PostgreSQL 16 that is an attribute of the member.
  const inherits = clone.inherits || isModern(facts.server);
  const rows = membershipsOf(facts, user, base);
  const isMember = rows.some(({ set }) => set) && rows.some(({ inherit }) => inherit || !inherits);
  // SET ROLE gives all attributes but REPLICATION, which is asked for before a session acts as anything.
  const lacked = baseRole.attributes.filter((one) => one === "REPLICATION" || !actsReliably(facts.server));
  const noMember = `is no member of ${base} by INHERIT and SET`;
  return [
    ...(isMember ? [] : [fault("membership", noMember, grant(facts, base, user))]),
    ...(inherits ? [] : [altered("other", `does not inherit from ${base}`, "INHERIT")]),
    ...excessMemberships(facts, user, base).map((one) => fault("more", one.what, one.remedy, one.revocable)),
    ...clone.attributes
      .filter((one) => !baseRole.attributes.includes(one))
      .map((one) => altered("more", one, `NO${one}`)),
    ...lacked.filter((one) => !clone.attributes.includes(one)).map((one) => altered("less", one)),
    ...(current?.limits ?? []).flatMap((limit, index) => {
      const present = clone.limits[index];
      return present === limit ? [] : altered("other", `has ${present} instead of ${limit}`, limit);
    }),
    // A clone of AWS's template that is current acts as itself until its turn.
    ...(user === pair.alternate || pair.clone === undefined ? actingFaults(situation, user) : []),
    ...differentSettings(facts, pair.current, user),
  ];
}

/** The fault as the end of "The pending user …", if that has it; `mirrored` if the current one has it. */
export function told({ side, what }: Fault, mirrored?: string): string {
  return side === "more" || side === "less"
    ? `${(side === "more") === (mirrored === undefined) ? "has" : "lacks"} ${what}`
    : `${mirrored === undefined ? "" : `is not like ${mirrored}, which `}${what}`;
}

function fault(side: Fault["side"], what: string, remedy: string, curable = true): Fault {
  return { side, what, remedy, curable, counts: true };
}

/** Manual, ALTER ROLE: since PostgreSQL 16 a role that has an attribute may give it; before, some take a superuser. */
function mayGive(facts: Facts, attribute: string): boolean {
  const [reader, modern] = [readerOf(facts), isModern(facts.server)];
  const enough = attribute === "CREATEDB" && !modern ? "CREATEROLE" : attribute;
  const isEnough = enough !== "SUPERUSER" && (modern || enough === "CREATEROLE");
  return isSuperuser(reader) || (isEnough && reader?.attributes.includes(enough) === true);
}

function actingFaults(situation: Situation, user: string): Fault[] {
  return wrongPlaces(situation, user).map((place) => {
    const role = target(situation, place);
    const what = `does not act as ${role}${place === null ? "" : ` in the database ${id(place)}`}`;
    return fault("acting", what, `${alter(user, place)} SET role TO ${id(role)}`);
  });
}
