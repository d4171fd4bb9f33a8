import { type Dialect, mysqlDialect } from "../../functions/mysql/dialect.ts";
import { lock } from "../../functions/mysql/lock.ts";
import { has } from "../../functions/mysql/pair/admin-privileges.ts";
import { USED_BEFORE } from "../../functions/mysql/pair/apply.ts";
import { readGrants } from "../../functions/mysql/pair/grants.ts";
import type { MysqlSession } from "../../functions/mysql/session.ts";
import { type AccountName, accountText, literal } from "../../functions/mysql/sql.ts";
import { RotationError } from "../../shared/report/errors.ts";

type Account = Awaited<ReturnType<Dialect["pair"]["describe"]>>;

/** @see RescueEngine.setPassword */
export const setPassword = setMysqlPassword(mysqlDialect, "BY RANDOM PASSWORD");

/** @param identified the clause of CREATE USER for a random password. */
export function setMysqlPassword(
  dialect: Dialect,
  identified: string,
): (admin: MysqlSession, username: string, password: string) => Promise<void> {
  return async (admin, username, password) => {
    admin.assertWritable();
    await dialect.assertTakesPasswords(admin);
    const accounts = await accountsOf(admin, dialect, username, identified);
    await assertMayChange(admin, dialect, accounts);
    await lock(admin, accountText(accounts[0].name), "refuse");
    for (const account of accounts) {
      await setPasswordOn(admin, dialect, account, password);
    }
  };
}

async function accountsOf(
  admin: MysqlSession,
  dialect: Dialect,
  username: string,
  identified: string,
): Promise<[Account, ...Account[]]> {
  // MariaDB's roles are in that table too, with an empty host.
  const hosts = await admin.rows(
    `SELECT Host FROM mysql.user WHERE User = ${literal(username)} AND Host <> '' ORDER BY Host`,
  );
  const names = hosts.map(([host]): AccountName => ({ user: username, host: host ?? "" }));
  const [first, ...others] = names;
  if (first === undefined) {
    throw new RotationError(
      "unsupported",
      `There is no user ${username}.`,
      // A rotation makes the base user like a clone that is current, and would take away what a new one lacks.
      username.endsWith("_clone")
        ? "Do not create it by hand: the command explain of npm run rescue prints the way back to its base user."
        : "Correct the secret's username, or run as an administrator: CREATE USER " +
            `${accountText({ user: username, host: "%" })} IDENTIFIED ${identified} - then grant it what it had, and run this again.`,
    );
  }
  const accounts: [Account, ...Account[]] = [await dialect.pair.describe(admin, first, "")];
  for (const name of others) {
    accounts.push(await dialect.pair.describe(admin, name, ""));
  }
  return accounts;
}

async function assertMayChange(
  admin: MysqlSession,
  dialect: Dialect,
  accounts: readonly Account[],
): Promise<void> {
  const grants = readGrants(await admin.rows("SHOW GRANTS"));
  const statements = accounts
    .flatMap((account) => dialect.pair.needed(account, account))
    .filter((one) => !has(grants, one, dialect.pair))
    .map(({ privilege, on }) => `GRANT ${privilege} ON ${on} TO ${accountText(admin.account)}`);
  if (statements.length > 0) {
    throw new RotationError(
      "missing-privilege",
      `The master user ${admin.account.user} may not change the password of others.`,
      `Run as an administrator: ${[...new Set(statements)].join("; ")}`,
    );
  }
}

async function setPasswordOn(
  admin: MysqlSession,
  dialect: Dialect,
  account: Account,
  password: string,
): Promise<void> {
  const steps = dialect.pair.password([account.name], account, true);
  // Here the statement with the password comes first: the other statements turn off the old password.
  const [set, ...others] = steps.toReversed();
  const refusal = await admin.attempt(set?.run?.(password, admin) ?? "");
  if (
    refusal &&
    USED_BEFORE.includes(refusal.number) &&
    (await admin.acceptsLogin(account.name.user, password))
  ) {
    // The server does not tell which of two passwords this one is: discarding the other one could discard this one.
    admin.invocation.log.info("The user has the password already");
    return;
  }
  if (refusal) {
    throw refusal;
  }
  for (const { statement } of others) {
    await admin.rows(statement);
  }
}
