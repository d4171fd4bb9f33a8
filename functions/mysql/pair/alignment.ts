import { ALL, type Grant, type Grants, grantText, hasOptionOfItsOwn } from "./grants.ts";

/** What ALL PRIVILEGES stands for: servers print it instead of the list where an account has all there are. */
export interface Everything {
  readonly global: readonly string[];
  readonly schema: readonly string[];
  readonly table: readonly string[];
}

/** What makes one account's grants those of another. */
export interface Alignment {
  readonly grants: readonly Grant[];
  readonly revokes: readonly Grant[];
  /** A list is exchanged for ALL PRIVILEGES or the other way round, or a partial revoke changes: look again afterward. */
  readonly again: boolean;
}

/** The difference between two accounts. A side effect of the server's may leave something for a second round. */
export function alignment(model: Grants, account: Grants, everything: Everything): Alignment {
  const missing = [...model.values()].filter((grant) => !account.has(grantText(grant)));
  const surplus = [...account.values()].filter((grant) => !model.has(grantText(grant)));
  // Missing: SELECT ON `app`.*; the account has ALL PRIVILEGES ON `app`.* and so SELECT as well. Nothing to grant.
  const included = (grant: Grant) => isOrdinary(grant) && has(account, ALL, grant.on);
  // Surplus: SELECT ON `app`.*; the model has ALL PRIVILEGES there: to revoke it would take from the model's. Or
  // ROLE_ADMIN ON *.*; the model has it WITH GRANT OPTION: granting that replaces it, and a revoke would take both.
  const kept = (grant: Grant) =>
    (isOrdinary(grant) && has(model, ALL, grant.on)) || missing.some((one) => one.option && same(one, grant));
  const isExchanged = ({ privilege, on, restriction }: Grant, other: Grants) =>
    restriction || (privilege === ALL && [...other.values()].some((grant) => grant.on === on));
  return {
    again:
      missing.some((grant) => isExchanged(grant, account)) ||
      surplus.some((grant) => isExchanged(grant, model)),
    // Partial revokes go the other way: "no SELECT ON `hr`.*", which the account has and the model has not, ends with
    // GRANT SELECT ON `hr`.*; one that only the model has begins with REVOKE SELECT ON `hr`.*.
    grants: [
      ...missing.filter((grant) => !grant.restriction && !included(grant)),
      ...surplus.filter(({ restriction }) => restriction),
    ],
    revokes: [
      ...surplus
        .filter((grant) => !grant.restriction && !kept(grant))
        .flatMap((grant) => (grant.privilege === ALL ? listed(grant, model, everything) : [grant])),
      ...missing.filter(({ restriction }) => restriction),
    ],
  };
}

/** To revoke ALL PRIVILEGES would take away what the model has there, for a moment. */
function listed(all: Grant, model: Grants, everything: Everything): Grant[] {
  const { on } = all;
  if (![...model.values()].some((grant) => grant.on === on)) {
    return [all];
  }
  return everythingOn(on, everything)
    .filter((privilege) => !has(model, privilege, on))
    .map((privilege) => ({ privilege, on, option: false, restriction: false }));
}

export function everythingOn(on: string, { global, schema, table }: Everything): readonly string[] {
  return on === "*.*" ? global : on.endsWith(".*") ? schema : table;
}

/** ALL PRIVILEGES, or included in it. */
function isOrdinary({ privilege, on, option }: Grant): boolean {
  return on !== "" && !option && privilege !== "GRANT OPTION" && !privilege.includes("(");
}

function has(grants: Grants, privilege: string, on: string): boolean {
  return grants.has(grantText({ privilege, on, option: false, restriction: false }));
}

function same(a: Grant, b: Grant): boolean {
  return a.privilege === b.privilege && a.on === b.on && a.restriction === b.restriction;
}

/** The fewest statements. */
export function statements(verb: "GRANT" | "REVOKE", grants: readonly Grant[], account: string): string[] {
  // GRANT OPTION in a statement would go with every dynamic privilege in it. ALL PRIVILEGES is revoked alone.
  const key = ({ privilege, on, option }: Grant) =>
    `${on} ${option} ${hasOptionOfItsOwn(privilege)} ${verb === "REVOKE" && privilege === ALL}`;
  return Object.values(Object.groupBy(grants, key)).map((group) => statement(verb, group ?? [], account));
}

function statement(verb: "GRANT" | "REVOKE", group: readonly Grant[], account: string): string {
  const [{ on, option } = { on: "", option: false }] = group;
  const all = group.map(({ privilege }) => privilege);
  if (on === "") {
    const roles = all.join(", ");
    return verb === "REVOKE"
      ? `REVOKE ${roles} FROM ${account}`
      : `GRANT ${roles} TO ${account}${option ? " WITH ADMIN OPTION" : ""}`;
  }
  if (verb === "REVOKE") {
    return `REVOKE ${all.join(", ")} ON ${on} FROM ${account}`;
  }
  // ALL PRIVILEGES stands alone in its list.
  const others = all.filter((privilege) => privilege !== "GRANT OPTION");
  const withOption = option || (others.length > 0 && others.length < all.length);
  const list = others.length > 0 ? others : all;
  return `GRANT ${list.join(", ")} ON ${on} TO ${account}${withOption ? " WITH GRANT OPTION" : ""}`;
}
