import { afterAll, describe, expect, test } from "vitest";
import { startMariadbLab } from "../mariadb/given.ts";
import { cloneOf, failure, type Lab, startLab } from "./given.ts";

describe.each([
  ["MySQL", () => startLab()],
  ["MariaDB", () => startMariadbLab()],
] as const)("grants on columns that do not exist anymore, %s", async (_, start) => {
  const lab: Lab = await start();
  const { sql, newAccount, prepare, rotate, log } = lab;
  afterAll(() => lab[Symbol.asyncDispose]());

  test.each([
    ["the table was dropped", "DROP TABLE ?"],
    ["the column was dropped", "ALTER TABLE ? DROP COLUMN b"],
  ])("refuses before any change if %s, and succeeds after the printed statement", async (_, change) => {
    const { username, password } = await newAccount();
    const [table, pair] = [`app.\`of ${username}\``, cloneOf(username)];
    await sql(
      `CREATE TABLE ${table} (a int, b int)`,
      `GRANT SELECT (b), INSERT ON ${table} TO ${username}`,
      change.replace("?", table),
    );

    const refused = await failure(prepare(pair, "pending"));

    expect(refused.reason).toBe("privilege-mismatch");
    expect(refused.message).toContain("SELECT (`b`)");
    expect(await sql(`SELECT 1 FROM mysql.user WHERE User = '${pair.alternate}'`)).toEqual([]);
    const [, statements = ""] = /as an administrator: (.*?) - if/.exec(refused.message) ?? [];
    await sql(...statements.split("; "));
    expect((await rotate(pair, password)).differences).toEqual([]);
  });

  test("copies a grant on a column that exists", async () => {
    const { username, password } = await newAccount();
    await sql(
      `CREATE TABLE app.\`in \`\`${username}\` (\`a ) b\` int)`,
      `GRANT SELECT (\`a ) b\`) ON app.\`in \`\`${username}\` TO ${username}`,
    );

    expect((await rotate(cloneOf(username), password)).differences).toEqual([]);
    expect(log.join("\n")).toContain("SELECT (`a ) b`)");
  });
});
