import { RotationError } from "../../../shared/report/errors.ts";
import type { MysqlSession } from "../session.ts";
import { type AccountName, accountText } from "../sql.ts";
import type { Grants } from "./grants.ts";

/** All properties of an account besides its password. */
export interface Account {
  readonly name: AccountName;
  /** The authentication plugin. */
  readonly plugin: string;
  /** Equal for two accounts with the same password; undefined if the stored form is salted. */
  readonly hash?: string | undefined;
  /** Clauses of CREATE USER and ALTER USER in their order, by their names for messages. */
  readonly clauses: Readonly<Record<string, string>>;
  /** ATTRIBUTE of CREATE USER, without the ownership marker. A comment has the key "comment". */
  readonly attributes: Attributes;
  /** The user that the ownership marker names: this account is its clone or partner. */
  readonly cloneOf: string | undefined;
  readonly locked: boolean;
  /** Quoted as the server prints them. */
  readonly defaultRoles: readonly string[];
  /** Without the ownership marker. */
  readonly grants: Grants;
}

export type Attributes = Readonly<Record<string, unknown>>;

/**
 * Runs SHOW CREATE USER and returns its parts. The admin user may ask about any account, other users about their own.
 *
 * @param otherwise the end of the error's sentence if the pattern does not match.
 */
export async function createUser(
  { rows }: MysqlSession,
  name: AccountName,
  pattern: RegExp,
  otherwise: string,
): Promise<Readonly<Record<string, string | undefined>>> {
  const show = `SHOW CREATE USER ${accountText(name)}`;
  const [created] = await rows(show);
  const found = pattern.exec(created?.[0] ?? "")?.groups;
  if (found === undefined) {
    const what = `The account ${accountText(name)} ${otherwise}.`;
    throw new RotationError("unsupported", what, `Compare ${show} with the documentation.`);
  }
  return found;
}

/** Returns the JSON merge patch (RFC 7396) for ATTRIBUTE; undefined if nothing differs. */
export function attributesPatch(from: Attributes, to: Attributes): Attributes | undefined {
  const entries = Object.keys({ ...from, ...to }).flatMap((key): [string, unknown][] => {
    const [before, after] = [from[key], to[key]];
    if (isObject(before) && isObject(after)) {
      const patch = attributesPatch(before, after);
      return patch ? [[key, patch]] : [];
    }
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [[key, after ?? null]];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function isObject(value: unknown): value is Attributes {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
