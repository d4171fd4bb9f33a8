import { RotationError } from "../../shared/report/errors.ts";
import { asGrants, type Grants, parseGrants } from "./grants.ts";
import type { Row, Server } from "./session.ts";
import { type AccountName, accountText } from "./sql.ts";

/** All that makes an account what it is, besides its password. */
export interface Account {
  readonly name: AccountName;
  /** The method that its password is stored for. */
  readonly plugin: string;
  /** Complete clauses of CREATE USER and ALTER USER, in their order there, keyed by what people call them. */
  readonly clauses: Readonly<Record<string, string>>;
  /** CREATE USER … ATTRIBUTE, without our mark; a comment is the key "comment". */
  readonly attributes: Attributes;
  /** Our mark: the user that this one is a clone of. */
  readonly cloneOf: string | undefined;
  /** By somebody: an account that a rotation has created and not finished is not. */
  readonly locked: boolean;
  /** A rotation has created it and did not come to setting its password. */
  readonly unfinished?: boolean;
  /** As the server spells them. */
  readonly defaultRoles: readonly string[];
  readonly grants: Grants;
}

/**
 * SHOW CREATE USER, taken apart: as an administrator for any account, as anybody else for one's own.
 *
 * @param otherwise the end of a sentence about an account that the pattern does not fit.
 */
export async function createUser(
  { rows }: Server,
  name: AccountName,
  pattern: RegExp,
  otherwise: string,
): Promise<Readonly<Record<string, string | undefined>>> {
  const [created] = await rows(`SHOW CREATE USER ${accountText(name)}`);
  const found = pattern.exec(created?.[0] ?? "")?.groups;
  if (found === undefined) {
    throw new RotationError(
      "unsupported",
      `The account ${accountText(name)} ${otherwise}.`,
      "Compare SHOW CREATE USER with the README.",
    );
  }
  return found;
}

export type Attributes = Readonly<Record<string, unknown>>;

/** What SHOW GRANTS says, of roles only that they are granted. */
export async function grantsOf({ rows }: Server, account: AccountName): Promise<Grants> {
  return readGrants(await rows(`SHOW GRANTS FOR ${accountText(account)}`));
}

export function readGrants(rows: readonly Row[]): Grants {
  return asGrants(
    rows.flatMap(([row]) => {
      const grants = parseGrants(row ?? "");
      if (grants === undefined) {
        throw new RotationError(
          "unsupported",
          // MariaDB puts the account's hash behind its name.
          `SHOW GRANTS says what this function does not understand: ${row?.replace(/ IDENTIFIED .*$/s, "")}`,
          "Please report this as a bug.",
        );
      }
      return grants;
    }),
  );
}
