import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { backFrom, cloneOf, failure, MASTER, ODD_OBJECTS } from "../mysql/given.ts";
import { findSecrets } from "../support/find-secrets.ts";
import { createRoles, startMariadbLab, VERSIONS } from "./given.ts";

const GRANTS: Record<string, string[]> = {
  "V32 global privileges WITH GRANT OPTION": [
    "GRANT SELECT, READ_ONLY ADMIN, PROCESS ON *.* TO ? WITH GRANT OPTION",
  ],
  "privileges of two words": ["GRANT BINLOG MONITOR, READ_ONLY ADMIN, DELETE HISTORY ON *.* TO ?"],
  "all privileges": ["GRANT ALL ON *.* TO ?"],
  "all privileges but two": ["GRANT ALL ON *.* TO ?", "REVOKE SUPER, SHUTDOWN ON *.* FROM ?"],
  "V14 roles, WITH ADMIN OPTION, and the default role": [
    "GRANT reader TO ?",
    "GRANT 'odd TO role''s `tick`' TO ? WITH ADMIN OPTION",
    "SET DEFAULT ROLE 'odd TO role''s `tick`' FOR ?",
  ],
  "V16 a schema whose name contains ` TO `": ["GRANT ALL ON `sales TO rent`.* TO ? WITH GRANT OPTION"],
  "V16 a table whose name contains ` TO ` and what looks like an account": [
    "GRANT SELECT ON hr.`on TO ``x``@``y` TO ?",
  ],
  "quotes in a schema's name": ["GRANT INSERT ON `tick``ed 'n' \"quoted\"`.* TO ?"],
  "escaped and unescaped patterns of schemas": [
    "GRANT SELECT ON `a\\_b`.* TO ?",
    "GRANT INSERT ON `a_b%`.* TO ?",
  ],
  "V32 table and column privileges": [
    "GRANT DELETE, SELECT (id, name), UPDATE (`salary in €`), REFERENCES (id) ON hr.people TO ? WITH GRANT OPTION",
  ],
  "all privileges of a table": ["GRANT ALL ON hr.people TO ? WITH GRANT OPTION"],
  "V32 routine privileges": [
    "GRANT EXECUTE ON FUNCTION hr.tax TO ?",
    "GRANT ALL ON PROCEDURE hr.pay TO ? WITH GRANT OPTION",
  ],
  PROXY: ["GRANT PROXY ON 'a'@'b' TO ?"],
  "PROXY WITH GRANT OPTION, which this server counts for everything": [
    "GRANT PROXY ON 'a'@'b' TO ? WITH GRANT OPTION",
  ],
  "a table that does not exist any more": [
    "CREATE OR REPLACE TABLE hr.`gone TO 'x'@'y'` (id int)",
    "GRANT SELECT, INSERT ON hr.`gone TO 'x'@'y'` TO ? WITH GRANT OPTION",
    "DROP TABLE hr.`gone TO 'x'@'y'`",
  ],
};

describe.each(VERSIONS)("alternate user, version %s", async (version) => {
  const lab = await startMariadbLab(version);
  const { database, sql, newAccount, newName, prepare, rotate, grants, log } = lab;
  const { server } = database;
  afterAll(() => lab[Symbol.asyncDispose]());
  beforeEach(() => void log.splice(0));

  await sql(...ODD_OBJECTS);
  await createRoles(lab, "reader", "writer", "'odd TO role''s `tick`'");

  /** SHOW GRANTS without the user's name, password and ownership marker. */
  async function privilegesOf(username: string): Promise<string[]> {
    return (await grants(username))
      .filter((row) => !row.startsWith("GRANT `rotation_clone_of_"))
      .map((row) =>
        row
          .replaceAll(new RegExp(`([\`'])${username}\\1@`, "g"), "`x`@")
          .replace(/ IDENTIFIED BY PASSWORD '[^']*'/, ""),
      );
  }

  async function createUser(username: string): Promise<string> {
    return String((await sql(`SHOW CREATE USER ${username}`)).flat()[0])
      .replaceAll(`\`${username}\`@`, "`x`@")
      .replace(/ IDENTIFIED BY PASSWORD '[^']*'/, "");
  }

  test.each(Object.entries(GRANTS))(
    "%s: the clone gets the same, and then the base user back",
    async (_, statements) => {
      const { username, password } = await newAccount();
      await sql(...statements.map((statement) => statement.replace("?", username)));
      const before = await privilegesOf(username);
      const pair = cloneOf(username);

      const clone = await rotate(pair, password);
      const base = await rotate(backFrom(pair), clone.password);

      expect(clone.differences).toEqual([]);
      expect(base.differences).toEqual([]);
      expect(await privilegesOf(pair.alternate)).toEqual(before);
      expect(await privilegesOf(username)).toEqual(before);
    },
  );

  test.each(Object.entries(GRANTS))(
    "V31 %s: what is revoked, the other one loses too",
    async (_, statements) => {
      const { username, password } = await newAccount();
      const before = await privilegesOf(username);
      const pair = cloneOf(username);
      const clone = await rotate(pair, password);
      await sql(...statements.map((statement) => statement.replace("?", username)));

      const base = await rotate(backFrom(pair), clone.password);

      expect(base.differences).toEqual([]);
      expect(await privilegesOf(username)).toEqual(before);
    },
  );

  test.each([
    "REQUIRE SSL",
    "WITH MAX_QUERIES_PER_HOUR 1000 MAX_UPDATES_PER_HOUR 999 MAX_CONNECTIONS_PER_HOUR 998 MAX_USER_CONNECTIONS 97",
    "WITH MAX_STATEMENT_TIME 3.5",
    "PASSWORD EXPIRE NEVER",
    "PASSWORD EXPIRE INTERVAL 10 DAY",
    "REQUIRE SSL WITH MAX_USER_CONNECTIONS 9 PASSWORD EXPIRE INTERVAL 5 DAY",
  ])("V11 V30 %s: the clone has it, and loses it when the current user does", async (properties) => {
    const { username, password } = await newAccount(properties);
    const pair = cloneOf(username);
    const clone = await rotate(pair, password);
    expect(await createUser(pair.alternate)).toBe(await createUser(username));
    await sql(
      `ALTER USER ${pair.alternate} REQUIRE NONE WITH MAX_QUERIES_PER_HOUR 0 MAX_UPDATES_PER_HOUR 0
       MAX_CONNECTIONS_PER_HOUR 0 MAX_USER_CONNECTIONS 0 MAX_STATEMENT_TIME 0 PASSWORD EXPIRE DEFAULT`,
    );

    const base = await rotate(backFrom(pair), clone.password);

    expect(base.differences).toEqual([]);
    expect(await createUser(username)).toBe("CREATE USER `x`@`%`");
  });

  test("V25 no log and no process list has a password, from creation on", async () => {
    const { username, password } = await newAccount();
    await using root = await server.connect();
    const pair = cloneOf(username);

    const clone = await rotate(pair, password);
    const base = await rotate(backFrom(pair), clone.password);

    const log = await server.log();
    const [processes] = await root.query("SELECT * FROM information_schema.PROCESSLIST");
    expect(log).toContain("ALTER USER");
    const secrets = [password, clone.password, base.password, MASTER.password];
    expect(findSecrets(secrets, log + JSON.stringify(processes))).toEqual([]);
  });

  test("V9 a new clone has no password that works before it has everything else", async () => {
    const { username, password } = await newAccount();

    await rotate(cloneOf(username), password);

    const own = (await server.log())
      .split("\n")
      .filter((line) => /\d Query\t(?!S[EH])/.test(line) && line.includes(`'${username}_clone'`));
    expect(own.map((line) => line.replace(/^.*Query\t/, ""))).toEqual([
      expect.stringMatching(
        /^GRANT 'rotation_clone_of_.*' TO .* IDENTIFIED VIA mysql_native_password USING '\*/,
      ),
      expect.stringMatching(/^GRANT ALL PRIVILEGES ON `app`\.\* TO /),
      expect.stringMatching(/^ALTER USER .* IDENTIFIED VIA mysql_native_password USING '\*/),
    ]);
  });

  test("V20 an account on another host, and two that are alike", async () => {
    const username = newName();
    const pair = cloneOf(username);
    for (const host of ["localhost", "10.%"]) {
      await sql(
        `CREATE USER ${username}@'${host}' IDENTIFIED BY 'first'`,
        `GRANT SELECT ON hr.* TO ${username}@'${host}'`,
      );
    }

    const { differences } = await rotate(pair, "first");

    expect(differences).toEqual([]);
    expect(
      (await sql(`SELECT Host FROM mysql.user WHERE User = '${pair.alternate}' ORDER BY Host`)).flat(),
    ).toEqual(["10.%", "localhost"]);
    expect(
      (await sql(`SELECT User FROM mysql.user WHERE User = '${pair.alternate}' AND Host = '%'`)).flat(),
    ).toEqual([]);
  });

  test("V20 two accounts that differ are refused, and nothing is left behind", async () => {
    const username = newName();
    const pair = cloneOf(username);
    await sql(
      `CREATE USER ${username}@localhost IDENTIFIED BY 'first'`,
      `CREATE USER ${username}@'10.%' IDENTIFIED BY 'first'`,
    );
    await sql(`GRANT SELECT ON hr.* TO ${username}@'10.%'`);

    const { reason } = await failure(prepare(pair, "second"));

    expect(reason).toBe("unsupported");
    expect(await sql(`SELECT User FROM mysql.user WHERE User = '${pair.alternate}'`)).toEqual([]);
  });
});
