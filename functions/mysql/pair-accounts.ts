import type { Pair } from "../../shared/engine/engine.ts";
import { RotationError } from "../../shared/report/errors.ts";
import type { Account } from "./account.ts";
import { compare } from "./compare.ts";
import type { Dialect } from "./dialect.ts";
import { ServerRefusal } from "./server-refusal.ts";
import type { Server } from "./session.ts";
import { accountText, literal } from "./sql.ts";

export interface Accounts {
  /** On every host that the user name exists for: each of them may be the one that an application gets. */
  readonly current: readonly Account[];
  readonly alternate: readonly Account[];
}

/** ER_TABLEACCESS_DENIED_ERROR, ER_COLUMNACCESS_DENIED_ERROR, ER_DBACCESS_DENIED_ERROR. */
const MAY_NOT_READ = [1142, 1143, 1044];

export async function readAccounts(server: Server, dialect: Dialect, pair: Pair): Promise<Accounts> {
  return {
    current: await accountsOf(server, dialect, pair.current),
    alternate: await accountsOf(server, dialect, pair.alternate),
  };
}

/**
 * Of a user, on every host that it exists for.
 *
 * @throws RotationError `missing-privilege` if the master may not look at other users' accounts.
 */
export async function accountsOf(server: Server, dialect: Dialect, user: string): Promise<Account[]> {
  try {
    return await describeAccounts(server, dialect, user);
  } catch (error) {
    if (error instanceof ServerRefusal && MAY_NOT_READ.includes(error.number)) {
      throw new RotationError(
        "missing-privilege",
        `The master user ${server.account.user} may not look at the accounts and privileges of others.`,
        `Run as an administrator: GRANT SELECT ON mysql.* TO ${accountText(server.account)}`,
      );
    }
    throw error;
  }
}

async function describeAccounts(server: Server, dialect: Dialect, user: string): Promise<Account[]> {
  // MariaDB's roles are in that table as well, on no host.
  const hosts = await server.rows(
    `SELECT Host FROM mysql.user WHERE User = ${literal(user)} AND Host <> '' ORDER BY Host`,
  );
  const accounts = [];
  for (const [host] of hosts) {
    accounts.push(await dialect.describe(server, { user, host: host ?? "" }));
  }
  return accounts;
}

/**
 * Not if one of the two users is marked as the clone of the other, on every host that it exists for, nor if the
 * alternate user does not exist.
 *
 * @param creates accounts of the alternate user are going to be created. They get the mark with that, unless it is the
 * current user that carries it: then it must be there before, or a crash would leave a stranger.
 */
export function lacksMark(pair: Pair, { current, alternate }: Accounts, creates = false): boolean {
  const isUnmarked = alternate.some(({ cloneOf }) => cloneOf !== pair.current);
  return (
    (isUnmarked || (creates && pair.clone === "current")) &&
    current.some(({ cloneOf }) => cloneOf !== pair.alternate)
  );
}

/** Accounts, as SQL text, that are or shall be marked as clones of a user. */
export interface Marking {
  readonly clones: readonly string[];
  readonly base: string;
}

/** All accounts of the one that is the clone: to mark one of them anew may take the mark from the others. */
export function markingOf(pair: Pair, { current, alternate }: Accounts): Marking {
  const [accounts, base] = pair.clone === "current" ? [current, pair.alternate] : [alternate, pair.current];
  return { clones: accounts.map(({ name }) => accountText(name)), base };
}

/** On a host of its own the alternate user would keep a password that no secret has, or lack one that clients need. */
export function assertSameHosts(
  pair: Pair,
  current: readonly Account[],
  alternate: readonly Account[],
): void {
  const strange = alternate.find(({ name }) => !current.some((account) => account.name.host === name.host));
  if (strange) {
    throw new RotationError(
      "unsupported",
      `The user ${pair.alternate} exists on the host ${literal(strange.name.host)}, and ${pair.current} does not.`,
      `Drop the account ${accountText(strange.name)}, or create ${pair.current} on that host too.`,
    );
  }
}

/**
 * Which of several accounts a client gets depends on its address. A clone of each would get the one new password,
 * and so nobody may be able to do more with it than on the host that the secret has been proved on.
 */
export function assertAlike(current: readonly Account[], model: Account): void {
  for (const other of current) {
    const [difference] = compare(model, other);
    if (difference) {
      throw new RotationError(
        "unsupported",
        `The user has several accounts that differ: ${accountText(other.name)} ${difference}, and ` +
          `${accountText(model.name)} is otherwise.`,
        "Make them alike, drop those that nobody needs, or give them users of their own.",
      );
    }
  }
}

/**
 * Whom somebody has locked stays locked. A user that the secret names itself, and that does not carry the mark, is
 * taken only if there is nothing to gain: it may be anybody's who can write the secret.
 *
 * @param model undefined if the pair carries the mark.
 */
export function assertMayChange(pair: Pair, alternate: readonly Account[], model: Account | undefined): void {
  for (const account of alternate) {
    const name = accountText(account.name);
    if (account.locked) {
      throw new RotationError(
        "account-locked",
        `The account ${name} is locked, which somebody has decided.`,
        `If it shall log in again, run as an administrator: ALTER USER ${name} ACCOUNT UNLOCK`,
      );
    }
    const differences = model && pair.clone === undefined ? compare(model, account) : [];
    if (differences.length > 0) {
      throw new RotationError(
        "difference",
        `The account ${name} ${differences.join("; it ")}.`,
        `Make it equal to ${accountText(model?.name ?? account.name)} before it is first rotated in, or drop it.`,
      );
    }
  }
}
