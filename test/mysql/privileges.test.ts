import { afterAll, expect, test } from "vitest";
import { backFrom, cloneOf, ODD_OBJECTS, startLab } from "./given.ts";

const lab = await startLab({ settings: { partial_revokes: "ON" } });
const { sql, newAccount, prepare, differences, rotate, grants } = lab;
afterAll(() => lab[Symbol.asyncDispose]());

await sql(...ODD_OBJECTS, "CREATE ROLE reader, writer, 'odd TO role'@'10.%'");

/** Expects the same rows of SHOW GRANTS for two users, except for their names. */
async function sameGrants(one: string, other: string): Promise<void> {
  const rename = (rows: string[], name: string) => rows.map((row) => row.replaceAll(`\`${name}\`@`, "`x`@"));
  expect(rename(await grants(other), other)).toEqual(rename(await grants(one), one));
}

const GRANTS: Record<string, string[]> = {
  "global privileges WITH GRANT OPTION": ["GRANT SELECT, RELOAD, PROCESS ON *.* TO ? WITH GRANT OPTION"],
  "V29 roles, WITH ADMIN OPTION, and default roles": [
    "GRANT reader, 'odd TO role'@'10.%' TO ?",
    "GRANT writer TO ? WITH ADMIN OPTION",
    "ALTER USER ? DEFAULT ROLE reader, 'odd TO role'@'10.%'",
  ],
  "dynamic privileges, some WITH GRANT OPTION": [
    "GRANT BACKUP_ADMIN ON *.* TO ? WITH GRANT OPTION",
    "GRANT CONNECTION_ADMIN, XA_RECOVER_ADMIN ON *.* TO ?",
  ],
  "V13 partial revokes": ["GRANT SELECT, INSERT ON *.* TO ?", "REVOKE SELECT ON hr.* FROM ?"],
  "V16 a schema whose name contains ` TO `": ["GRANT ALL ON `sales TO rent`.* TO ? WITH GRANT OPTION"],
  "V16 a table whose name contains ` TO ` and what looks like an account": [
    "GRANT SELECT ON hr.`on TO ``x``@``y` TO ?",
  ],
  "quotes in a schema's name": ["GRANT INSERT ON `tick``ed 'n' \"quoted\"`.* TO ?"],
  "escaped and unescaped patterns of schemas": [
    "GRANT SELECT ON `a\\_b`.* TO ?",
    "GRANT INSERT ON `a_b%`.* TO ?",
  ],
  "table and column privileges": [
    "GRANT DELETE, SELECT (id, name), UPDATE (`salary in €`), REFERENCES (id) ON hr.people TO ?",
  ],
  "all privileges of a table": ["GRANT ALL ON hr.people TO ? WITH GRANT OPTION"],
  "routine privileges": [
    "GRANT EXECUTE ON FUNCTION hr.tax TO ?",
    "GRANT ALL ON PROCEDURE hr.pay TO ? WITH GRANT OPTION",
  ],
  PROXY: ["GRANT PROXY ON 'a'@'b' TO ? WITH GRANT OPTION", "GRANT PROXY ON reader TO ?"],
  "a table that does not exist any more": [
    "CREATE TABLE hr.`gone TO 'x'@'y'` (id int)",
    "GRANT SELECT, INSERT ON hr.`gone TO 'x'@'y'` TO ? WITH GRANT OPTION",
    "DROP TABLE hr.`gone TO 'x'@'y'`",
  ],
  SYSTEM_USER: ["GRANT SYSTEM_USER ON *.* TO ?"],
};

test.each(Object.entries(GRANTS))(
  "%s: the clone gets the same, and then the base user back",
  async (_, statements) => {
    const { username, password } = await newAccount();
    await sql(...statements.map((statement) => statement.replace("?", username)));
    const pair = cloneOf(username);

    const clone = await rotate(pair, password);
    const base = await rotate(backFrom(pair), clone.password);

    expect(clone.differences).toEqual([]);
    expect(base.differences).toEqual([]);
    await sameGrants(pair.current, pair.alternate);
  },
);

test.each(Object.entries(GRANTS))(
  "%s: and what is revoked, the other one loses too",
  async (_, statements) => {
    const { username, password } = await newAccount();
    const pair = cloneOf(username);
    const clone = await rotate(pair, password);
    await sql(...statements.map((statement) => statement.replace("?", username)));

    const base = await rotate(backFrom(pair), clone.password);

    expect(base.differences).toEqual([]);
    await sameGrants(pair.current, pair.alternate);
    expect(await grants(username)).toHaveLength(2);
  },
);

test("V31 a privilege revoked from the active user does not come back", async () => {
  const { username, password } = await newAccount();
  await sql(`GRANT SELECT ON hr.* TO ${username}`);
  const pair = cloneOf(username);
  const clone = await rotate(pair, password);
  await sql(`REVOKE SELECT ON hr.* FROM ${pair.alternate}`);

  const base = await rotate(backFrom(pair), clone.password);
  await rotate(pair, base.password);

  expect((await grants(pair.alternate)).join()).not.toContain("hr");
  expect((await grants(username)).join()).not.toContain("hr");
});

test("between ALL PRIVILEGES and a list, and WITH GRANT OPTION and without", async () => {
  const { username, password } = await newAccount("PASSWORD EXPIRE NEVER");
  const pair = cloneOf(username);
  const first = await rotate(pair, password);
  await sql(
    `REVOKE DROP, EVENT ON app.* FROM ${username}`,
    `GRANT SELECT ON hr.* TO ${username} WITH GRANT OPTION`,
    `GRANT BACKUP_ADMIN ON *.* TO ${username} WITH GRANT OPTION`,
    `GRANT reader TO ${username} WITH ADMIN OPTION`,
    `GRANT ALL ON hr.* TO ${pair.alternate}`,
    `GRANT BACKUP_ADMIN ON *.* TO ${pair.alternate}`,
    `GRANT reader TO ${pair.alternate}`,
  );

  const second = await rotate(backFrom(pair), first.password);

  expect(second.differences).toEqual([]);
  await sameGrants(pair.alternate, pair.current);
});

test("differences are named", async () => {
  const { username, password } = await newAccount();
  const pair = cloneOf(username);
  await prepare(pair, "pending");
  await sql(
    `GRANT SELECT ON hr.* TO ${username}`,
    `GRANT reader TO ${pair.alternate}`,
    `ALTER USER ${pair.alternate} WITH MAX_USER_CONNECTIONS 3 COMMENT 'x'`,
  );

  const clone = `'${pair.alternate}'@'%'`;
  expect(await differences(pair, "pending", password)).toEqual([
    `needs GRANT SELECT ON \`hr\`.* TO ${clone} to be like the current one`,
    expect.stringMatching(/ MAX_USER_CONNECTIONS 0 ATTRIBUTE '{"comment":null}' to be like the current one$/),
    `needs REVOKE \`reader\`@\`%\` FROM ${clone} to be like the current one`,
  ]);
});
