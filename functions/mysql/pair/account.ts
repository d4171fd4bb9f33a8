import { RotationError } from "../../../shared/report/errors.ts";
import type { MysqlSession } from "../session.ts";
import { type AccountName, accountText } from "../sql.ts";
import type { Grants } from "./grants.ts";

/** All that makes an account what it is, besides its password. */
export interface Account {
  readonly name: AccountName;
  /** The method that its password is stored for. */
  readonly plugin: string;
  /** Complete clauses of CREATE USER and ALTER USER, in their order there, keyed by what people call them. */
  readonly clauses: Readonly<Record<string, string>>;
  /** CREATE USER … ATTRIBUTE, without our markers; a comment is the key "comment". */
  readonly attributes: Attributes;
  /** The ownership marker: the user whose clone or partner this one is. */
  readonly cloneOf: string | undefined;
  /** Locked by an administrator: an account that a rotation has created and not finished is not. */
  readonly locked: boolean;
  /** A rotation has created it and did not come to setting its password. */
  readonly unfinished: boolean;
  /** As the server spells them. */
  readonly defaultRoles: readonly string[];
  /** Without the ownership markers. */
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

/** How an account differs from the one that it should be like, each as the end of a sentence about it. */
export function compare(model: Account, account: Account): string[] {
  const differences = Object.entries(model.clauses)
    .filter(([key, clause]) => account.clauses[key] !== clause)
    .map(([key, clause]) => `has ${account.clauses[key] ?? `no ${key}`} instead of ${clause}`);
  if (account.plugin !== model.plugin) {
    differences.push(`has its password stored for ${account.plugin} instead of ${model.plugin}`);
  }
  if (account.locked !== model.locked) {
    differences.push(account.locked ? "is locked" : "is not locked");
  }
  if (attributesPatch(account.attributes, model.attributes)) {
    differences.push("has another ATTRIBUTE or COMMENT");
  }
  const lacksAndHas = (what: string, wanted: ReadonlySet<string>, found: ReadonlySet<string>) => [
    ...[...wanted].filter((one) => !found.has(one)).map((one) => `lacks ${what}${one}`),
    ...[...found].filter((one) => !wanted.has(one)).map((one) => `has ${what}${one}`),
  ];
  return [
    ...differences,
    ...lacksAndHas("the default role ", new Set(model.defaultRoles), new Set(account.defaultRoles)),
    ...lacksAndHas("", new Set(model.grants.keys()), new Set(account.grants.keys())),
  ];
}

/** RFC 7396, the way ATTRIBUTE changes what an account has: undefined when nothing differs. */
export function attributesPatch(from: Attributes, to: Attributes): Attributes | undefined {
  const entries = [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap(
    (key): [string, unknown][] => {
      const [before, after] = [from[key], to[key]];
      if (isObject(before) && isObject(after)) {
        const patch = attributesPatch(before, after);
        return patch ? [[key, patch]] : [];
      }
      return JSON.stringify(before) === JSON.stringify(after) ? [] : [[key, after ?? null]];
    },
  );
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function isObject(value: unknown): value is Attributes {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
