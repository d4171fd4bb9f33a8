import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { startMariadbLab } from "../mariadb/given.ts";
import { backFrom, cloneOf, failure, type Lab, startLab } from "./given.ts";

describe.each([
  ["MySQL", () => startLab()],
  ["MariaDB", () => startMariadbLab()],
] as const)("a user name with accounts on several hosts, %s", async (product, start) => {
  const lab: Lab = await start();
  const { sql, newAccount, prepare, rotate, log } = lab;
  afterAll(() => lab[Symbol.asyncDispose]());
  beforeEach(() => void log.splice(0));

  async function newAccounts(passwordElsewhere?: string) {
    const { username, password } = await newAccount();
    await sql(
      `CREATE USER ${username}@'10.%' IDENTIFIED BY '${passwordElsewhere ?? password}'`,
      `GRANT ALL ON app.* TO ${username}@'10.%'`,
    );
    return { username, password, pair: cloneOf(username) };
  }

  test("warns, naming the accounts, that all of them get the new password", async () => {
    const { password, pair } = await newAccounts();

    const clone = await rotate(pair, password);
    await rotate(backFrom(pair), clone.password);

    for (const user of [pair.current, pair.alternate]) {
      expect(log.join("\n")).toContain(`'${user}'@'%', '${user}'@'10.%'`);
    }
  });

  if (product === "MySQL") return;

  test("refuses accounts that have different passwords, since a login proves only one of them", async () => {
    const { username, pair } = await newAccounts("another");
    const before = await sql(`SHOW CREATE USER ${username}@'10.%'`);

    const refused = await failure(prepare(pair, "pending"));

    expect(refused.message).toContain(`'${username}'@'10.%' has another password`);
    expect(await sql(`SHOW CREATE USER ${username}@'10.%'`)).toEqual(before);
    expect(await sql(`SELECT 1 FROM mysql.user WHERE User = '${pair.alternate}'`)).toEqual([]);
  });
});
