import { ALL, type Grant, type Grants, grantText, hasOwnGrantOption } from "./grants.ts";
import type { PairDialect } from "./pair-dialect.ts";

/** Returns the grants that the admin user may neither grant nor revoke; none if its own grants are not known. */
export function lacking(grants: readonly Grant[], admin: Grants | undefined, dialect: PairDialect): Grant[] {
  return admin ? grants.filter((grant) => !has(admin, toGrant(grant), dialect)) : [];
}

/**
 * Returns the privilege that is needed to grant or revoke another: the same WITH GRANT OPTION (MySQL manual, "GRANT
 * Statement"). To grant PROXY for one account, PROXY for all accounts is needed.
 */
export function toGrant({ privilege, on }: Grant): Grant {
  const all = privilege === "PROXY" ? "''@''" : on;
  return { privilege, on: all, option: privilege !== "GRANT OPTION", restriction: false };
}

/** How MySQL, MariaDB 10.11 and MariaDB 11.8 print "all accounts". */
const ALL_ACCOUNTS = ["``@``", "``@`%`", "''@'%'"];

/** Whether the admin user has the needed privilege or a wider one. */
export function has(admin: Grants, need: Grant, dialect: PairDialect): boolean {
  const { privilege, on, option } = need;
  const hasOneOf = (...texts: string[]) => texts.some((text) => admin.has(text));
  if (on === "") {
    const administers = (one: string) => [`${one} ON *.*`, `${one} ON *.* WITH GRANT OPTION`];
    return hasOneOf(grantText(need), ...dialect.roleAdministrators.flatMap(administers));
  }
  if (privilege === "PROXY") {
    return hasOneOf(...ALL_ACCOUNTS.map((all) => grantText({ ...need, on: all })));
  }
  if (hasOwnGrantOption(privilege)) {
    return hasOneOf(grantText(need), grantText({ ...need, option: true }));
  }
  const [verb = privilege] = privilege.split(" (");
  const covering = [...admin.values()].filter((one) => covers(one.on, on));
  const holds = (...names: string[]) =>
    covering.some((one) => !one.restriction && names.includes(one.privilege));
  const list = privilege === ALL ? dialect.everything(on) : [];
  const holdsIt =
    holds(privilege, verb, ...(privilege === "GRANT OPTION" ? [] : [ALL])) ||
    (list.length > 0 && list.every((one) => holds(one)));
  const isDenied = covering.some((one) => one.restriction && one.privilege === verb);
  return holdsIt && !isDenied && (!option || holds("GRANT OPTION"));
}

/** The schema in the name of a schema, table or routine in a grant. */
const SCHEMA = /`((?:[^`]|``)*)`\./;

/** Whether a grant on the wide object includes the narrow one. Schema names in grants are LIKE patterns. */
export function covers(wide: string, narrow: string): boolean {
  const [pattern, schema] = [wide, narrow].map((on) => SCHEMA.exec(on)?.[1]);
  return (
    ["*.*", narrow].includes(wide) ||
    (wide.endsWith(".*") && pattern !== undefined && schema !== undefined && like(pattern).test(schema))
  );
}

/** Each `%` takes its first match without backtracking, so the time does not grow exponentially with their number. */
function like(pattern: string): RegExp {
  const literally = (one: string) => one.slice(-1).replace(/[^\w\s]/, "\\$&");
  const source = pattern.replace(/\\?./gs, (one) =>
    one === "%" ? "\0" : one === "_" ? "." : literally(one),
  );
  const [first, ...others] = source.split("\0");
  const last = others.pop();
  const middle = others.map((part, index) => `(?=(.*?${part}))\\${index + 1}`);
  return new RegExp(`^${first}${middle.join("")}${last === undefined ? "" : `.*${last}`}$`, "s");
}
