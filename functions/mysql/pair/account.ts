import { RotationError } from "../../../shared/report/errors.ts";
import type { MysqlSession } from "../session.ts";
import { type AccountName, accountText } from "../sql.ts";
import type { Grants } from "./grants.ts";

/** All that makes an account what it is, besides its password. */
export interface Account {
  readonly name: AccountName;
  /** The method that its password is stored for. */
  readonly plugin: string;
  /** Of two accounts with one password the same; undefined if what is stored does not tell. */
  readonly hash?: string | undefined;
  /** Complete clauses of CREATE USER and ALTER USER, in their order there, keyed by what people call them. */
  readonly clauses: Readonly<Record<string, string>>;
  /** CREATE USER … ATTRIBUTE, without our marker; a comment is the key "comment". */
  readonly attributes: Attributes;
  /** The ownership marker: the user whose clone or partner this one is. */
  readonly cloneOf: string | undefined;
  readonly locked: boolean;
  /** As the server spells them. */
  readonly defaultRoles: readonly string[];
  /** Without the ownership marker. */
  readonly grants: Grants;
}

export type Attributes = Readonly<Record<string, unknown>>;

/**
 * SHOW CREATE USER, taken apart: as an administrator for any account, as any other user for one's own.
 *
 * @param otherwise the end of a sentence about an account that the pattern does not fit.
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

/** RFC 7396, the way ATTRIBUTE changes what an account has: undefined when nothing differs. */
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
