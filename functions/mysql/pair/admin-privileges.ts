import { everythingOn } from "./alignment.ts";
import { ALL, type Grant, type Grants, grantText, hasOptionOfItsOwn } from "./grants.ts";
import type { PairDialect } from "./pair-dialect.ts";

/** Those of these grants that the admin user may neither grant nor revoke; none if its own are not known. */
export function lacking(grants: readonly Grant[], admin: Grants | undefined, dialect: PairDialect): Grant[] {
  return admin ? grants.filter((grant) => !mayGrant(admin, grant, dialect)) : [];
}

/** Whether the admin user has a privilege on an object, whatever the grant is called. */
export function holds(admin: Grants, { privilege, on }: Pick<Grant, "privilege" | "on">): boolean {
  const held = heldOn(on, admin);
  return held.has(privilege) || held.has(ALL);
}

/**
 * To grant PROXY takes PROXY WITH GRANT OPTION for all accounts: that for one of them is not enough. The second and third
 * are how MariaDB 10.11 and 11.8 print it.
 */
const ALL_ACCOUNTS = ["``@``", "``@`%`", "''@'%'"];

/** The statement that lets the admin user grant it. */
export function cure({ privilege, on }: Grant, name: string): string {
  if (on === "") {
    return `GRANT ${privilege} TO ${name} WITH ADMIN OPTION`;
  }
  if (privilege === "PROXY") {
    return `GRANT PROXY ON ''@'' TO ${name} WITH GRANT OPTION`;
  }
  return privilege === "GRANT OPTION"
    ? `GRANT GRANT OPTION ON ${on} TO ${name}`
    : `GRANT ${privilege} ON ${on} TO ${name} WITH GRANT OPTION`;
}

/**
 * MySQL manual, "GRANT Statement": to grant or revoke takes the privilege and GRANT OPTION, each of them at
 * any level that covers the object.
 */
function mayGrant(admin: Grants, grant: Grant, { everything, roleAdministrators }: PairDialect): boolean {
  const { privilege, on } = grant;
  if (on === "") {
    return (
      admin.has(grantText({ ...grant, option: true })) ||
      roleAdministrators.some((one) => onGlobal(admin, one) || onGlobal(admin, one, true))
    );
  }
  if (privilege === "PROXY") {
    return ALL_ACCOUNTS.some((all) => admin.has(grantText({ ...grant, on: all, option: true })));
  }
  if (hasOptionOfItsOwn(privilege)) {
    return onGlobal(admin, privilege, true);
  }
  const [verb = privilege] = privilege.split(" (");
  const denied = [...admin.values()].some(
    (one) => one.restriction && one.privilege === verb && covers(one.on, on),
  );
  const holdsHere = (one: string) => holds(admin, { privilege: one, on });
  const list = privilege === ALL ? everythingOn(on, everything) : [];
  const holdsIt = holdsHere(privilege) || holdsHere(verb) || (list.length > 0 && list.every(holdsHere));
  return !denied && heldOn(on, admin).has("GRANT OPTION") && holdsIt;
}

function heldOn(on: string, admin: Grants): ReadonlySet<string> {
  const covering = [...admin.values()].filter((one) => !one.restriction && covers(one.on, on));
  return new Set(covering.map(({ privilege }) => privilege));
}

function onGlobal(grants: Grants, privilege: string, option = false): boolean {
  const has = (what: string) =>
    grants.has(grantText({ privilege: what, on: "*.*", option, restriction: false }));
  return has(privilege) || (!option && has(ALL));
}

const SCHEMA = /(?:^|^[A-Z ]+ )`((?:[^`]|``)*)`\./;

/** Is a grant on the one object one on the other as well? Schema names in grants are patterns of LIKE. */
export function covers(wide: string, narrow: string): boolean {
  if (wide === "*.*" || wide === narrow) {
    return true;
  }
  const pattern = wide.endsWith(".*") ? SCHEMA.exec(wide)?.[1] : undefined;
  const schema = SCHEMA.exec(narrow)?.[1];
  return pattern !== undefined && schema !== undefined && like(pattern).test(schema);
}

function like(pattern: string): RegExp {
  const literally = (text: string) => text.replace(/[^\w\s]/g, "\\$&");
  const source = (pattern.match(/\\.|[^\\]/gs) ?? []).map((part) =>
    part === "%" ? ".*" : part === "_" ? "." : literally(part.at(-1) ?? ""),
  );
  return new RegExp(`^${source.join("")}$`, "s");
}
