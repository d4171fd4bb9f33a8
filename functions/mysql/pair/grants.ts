import { RotationError } from "../../../shared/report/errors.ts";
import type { Row } from "../session.ts";

/** One thing that an account may do, or, as a partial revoke, may not do although a wider grant says so. */
export interface Grant {
  /** As the server spells it: "SELECT", "UPDATE (`a`)", "GRANT OPTION", "ROLE_ADMIN", "PROXY"; a role's name. */
  readonly privilege: string;
  /** "*.*", "`db`.*", "`db`.`table`", "PROCEDURE `db`.`name`"; the account that PROXY is for; "" for a role. */
  readonly on: string;
  /** WITH GRANT or ADMIN OPTION. Ordinary privileges share one per object, which is a Grant of its own here. */
  readonly option: boolean;
  /** REVOKE in SHOW GRANTS: MySQL manual, "Privilege Restriction Using Partial Revokes". */
  readonly restriction: boolean;
}

/** What an account was granted itself, not by its roles, keyed by the Grant's text. */
export type Grants = ReadonlyMap<string, Grant>;

export const ALL = "ALL PRIVILEGES";

const NAME = "(?:`(?:[^`]|``)*`|'(?:[^'\\\\]|''|\\\\.)*')";
const USER = `(?:${NAME}(?:@${NAME})?|PUBLIC)`;
const PRIVILEGE = `[A-Z]+(?:[_ ][A-Z]+)*(?: \\(${NAME}(?:, ${NAME})*\\))?`;
const LIST = `${PRIVILEGE}(?:, ?${PRIVILEGE})*`;
const OBJECT = `(?:[A-Z ]+ )?(?:\\*|${NAME})\\.(?:\\*|${NAME})`;

// Names are matched as a whole, whatever is in them: a schema may be called `x TO y`.
const ROW = new RegExp(`^(GRANT|REVOKE) (${LIST}) ON (${OBJECT}|${USER}) (?:TO|FROM) (${USER})(.*)$`, "s");
const ROLES = new RegExp(`^GRANT (${USER}(?:, ?${USER})*) TO (${USER})(.*)$`, "s");

/** What SHOW GRANTS says; of roles only that they are granted. */
export function readGrants(rows: readonly Row[]): Grants {
  return asGrants(rows.flatMap(([row]) => parseGrants(row ?? "") ?? notUnderstood(row ?? "")));
}

function notUnderstood(row: string): never {
  throw new RotationError(
    "unsupported",
    // MariaDB puts the account's hash behind its name.
    `SHOW GRANTS has a row that this function does not understand: ${row.replace(/ IDENTIFIED .*$/s, "")}`,
    "Please report this as a bug.",
  );
}

/** @returns undefined for a row that is not understood. MariaDB's row of the default role grants nothing. */
export function parseGrants(row: string): Grant[] | undefined {
  const [, verb, list, on = "", , tail] = ROW.exec(row) ?? [];
  const restriction = verb === "REVOKE";
  if (list !== undefined) {
    const withOption = tail?.includes("WITH GRANT OPTION") === true;
    const privileges = list.match(new RegExp(PRIVILEGE, "g")) ?? [];
    // Ordinary privileges share one GRANT OPTION.
    const shared = withOption && !privileges.every(hasOptionOfItsOwn) ? ["GRANT OPTION"] : [];
    return [...privileges.flatMap(byColumn), ...shared]
      .filter((privilege) => privilege !== "USAGE")
      .map((privilege) => ({
        privilege,
        on,
        option: withOption && hasOptionOfItsOwn(privilege),
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

/** PROXY and MySQL's dynamic privileges, which alone have an underscore in their names and no space. */
export function hasOptionOfItsOwn(privilege: string): boolean {
  return privilege === "PROXY" || (privilege.includes("_") && !privilege.includes(" "));
}

export function asGrants(list: readonly Grant[]): Grants {
  return new Map(list.map((grant) => [grantText(grant), grant]));
}

/** For people, and to compare by. */
export function grantText({ privilege, on, option, restriction }: Grant): string {
  const what = on === "" ? `the role ${privilege}` : `${privilege} ON ${on}`;
  return `${restriction ? "no " : ""}${what}${option ? ` WITH ${on === "" ? "ADMIN" : "GRANT"} OPTION` : ""}`;
}
