import { RotationError } from "../../../shared/report/errors.ts";
import type { Row } from "../session.ts";

/** One privilege of an account; or a partial revoke: an exception from a wider grant. */
export interface Grant {
  /** As the server prints it: "SELECT", "UPDATE (`a`)", "GRANT OPTION", "ROLE_ADMIN", "PROXY"; a role's name. */
  readonly privilege: string;
  /** "*.*", "`db`.*", "`db`.`table`", "PROCEDURE `db`.`name`"; the account that PROXY is for; "" for a role. */
  readonly on: string;
  /** WITH GRANT OPTION or WITH ADMIN OPTION. The one that ordinary privileges share per object is a Grant of its own. */
  readonly option: boolean;
  /** Whether it is a partial revoke (MySQL manual, "Privilege Restriction Using Partial Revokes"). */
  readonly restriction: boolean;
}

/** Grants of an account itself, without those of its roles, by the Grant's text. */
export type Grants = ReadonlyMap<string, Grant>;

export const ALL = "ALL PRIVILEGES";

const NAME = "(?:`(?:[^`]|``)*`|'(?:[^'\\\\]|''|\\\\.)*')";
const USER = `(?:${NAME}(?:@${NAME})?|PUBLIC)`;
const PRIVILEGE = `[A-Z]+(?:[_ ][A-Z]+)*(?: \\(${NAME}(?:, ${NAME})*\\))?`;
const LIST = `${PRIVILEGE}(?:, ?${PRIVILEGE})*`;
const OBJECT = `(?:[A-Z ]+ )?(?:\\*|${NAME})\\.(?:\\*|${NAME})`;

// Matches quoted names as a whole: a schema may be called `x TO y`.
const ROW = new RegExp(`^(GRANT|REVOKE) (${LIST}) ON (${OBJECT}|${USER}) (?:TO|FROM) (${USER})(.*)$`, "s");
const ROLES = new RegExp(`^GRANT (${USER}(?:, ?${USER})*) TO (${USER})(.*)$`, "s");

/** Parses SHOW GRANTS. Of a role it returns that it is granted, not the role's privileges. */
export function readGrants(rows: readonly Row[]): Grants {
  return asGrants(rows.flatMap(([row]) => parseGrants(row ?? "") ?? throwUnparsable(row ?? "")));
}

function throwUnparsable(row: string): never {
  throw new RotationError(
    "unsupported",
    // MariaDB appends the account's hash.
    `SHOW GRANTS has a row that this function does not understand: ${row.replace(/ IDENTIFIED .*$/s, "")}`,
    "Please report this as a bug.",
  );
}

/** @returns undefined for an unknown row. MariaDB's row of the default role grants nothing. */
export function parseGrants(row: string): Grant[] | undefined {
  const [, verb, list, on = "", , tail] = ROW.exec(row) ?? [];
  const restriction = verb === "REVOKE";
  if (list !== undefined) {
    const withOption = tail?.includes("WITH GRANT OPTION") === true;
    const privileges = list.match(new RegExp(PRIVILEGE, "g")) ?? [];
    // Ordinary privileges share one GRANT OPTION.
    const shared = withOption && !privileges.every(hasOwnGrantOption) ? ["GRANT OPTION"] : [];
    return [...privileges.flatMap(byColumn), ...shared]
      .filter((privilege) => privilege !== "USAGE")
      .map((privilege) => ({
        privilege,
        on,
        option: withOption && hasOwnGrantOption(privilege),
        restriction,
      }));
  }
  const [, roles, , end] = ROLES.exec(row) ?? [];
  const option = end?.includes("WITH ADMIN OPTION") === true;
  return row.startsWith("SET DEFAULT ROLE ")
    ? []
    : roles?.match(new RegExp(USER, "g"))?.map((role) => ({ privilege: role, on: "", option, restriction }));
}

/** "UPDATE (`a`, `b`)" is "UPDATE (`a`)" and "UPDATE (`b`)". */
function byColumn(privilege: string): string[] {
  const [, verb, columns] = /^([A-Z ]+) \((.*)\)$/s.exec(privilege) ?? [];
  return columns?.match(new RegExp(NAME, "g"))?.map((column) => `${verb} (${column})`) ?? [privilege];
}

/** Whether it is PROXY or a dynamic privilege of MySQL. Only these have an underscore and no space in their names. */
export function hasOwnGrantOption(privilege: string): boolean {
  return privilege === "PROXY" || (privilege.includes("_") && !privilege.includes(" "));
}

export function asGrants(list: readonly Grant[]): Grants {
  return new Map(list.map((grant) => [grantText(grant), grant]));
}

/** Returns the grant as text, for messages and comparisons. */
export function grantText({ privilege, on, option, restriction }: Grant): string {
  const what = on === "" ? `the role ${privilege}` : `${privilege} ON ${on}`;
  return `${restriction ? "no " : ""}${what}${option ? ` WITH ${on === "" ? "ADMIN" : "GRANT"} OPTION` : ""}`;
}
