import { afterAll, beforeEach, describe, expect, test } from "vitest";
import type { Pair } from "../../shared/engine/pair.ts";
import { cloneOf, failure, MASTER } from "../mysql/given.ts";
import { createRoles, startMariadbLab, VERSIONS } from "./given.ts";

describe.each(VERSIONS)("master, version %s", async (version) => {
  const lab = await startMariadbLab(version);
  const { sql, session, newAccount, newName, prepare, log } = lab;
  afterAll(() => lab[Symbol.asyncDispose]());
  beforeEach(() => void log.splice(0));

  await sql("CREATE DATABASE hr");
  await createRoles(lab, "reader");

  async function poorMaster(...privileges: string[]): Promise<string> {
    const name = `master_${newName()}`;
    await sql(
      `CREATE USER ${name} IDENTIFIED BY 'poor'`,
      ...privileges.map((grant) => grant.replace("?", name)),
    );
    return name;
  }

  async function prepareBy(master: string, pair: Pair): Promise<void> {
    await using by = await session(master, "poor");
    await prepare(pair, "second", { master: by });
  }

  test.each([
    ["V41 no SELECT on mysql.*", ["GRANT CREATE USER ON *.* TO ?"], "GRANT SELECT ON mysql.*"],
    ["no CREATE USER", ["GRANT SELECT ON mysql.* TO ?"], "GRANT CREATE USER ON *.*"],
    [
      "V12 no GRANT OPTION",
      ["GRANT CREATE USER ON *.* TO ?", "GRANT SELECT ON *.* TO ?", "GRANT UPDATE ON mysql.* TO ?"],
      "GRANT SELECT ON `hr`.*",
    ],
    [
      "V12 ALL PRIVILEGES, but no ADMIN OPTION on the role",
      ["GRANT ALL ON *.* TO ? WITH GRANT OPTION"],
      "GRANT `reader` TO",
    ],
    [
      "V14 no UPDATE on mysql.* for the default role",
      [
        "GRANT CREATE USER ON *.* TO ?",
        "GRANT SELECT ON *.* TO ? WITH GRANT OPTION",
        "GRANT reader TO ? WITH ADMIN OPTION",
      ],
      "GRANT UPDATE ON `mysql`.*",
    ],
  ])("%s: reported before any change, with the statements that cure it", async (_, privileges, statement) => {
    const username = newName();
    const pair = cloneOf(username);
    await sql(`CREATE USER ${username} IDENTIFIED BY 'first'`, `GRANT SELECT ON hr.* TO ${username}`);
    await sql(`GRANT reader TO ${username}`, `SET DEFAULT ROLE reader FOR ${username}`);
    const master = await poorMaster(...privileges);

    const first = await failure(prepareBy(master, pair));
    expect(first.reason).toBe("missing-privilege");
    expect(first.message).toContain(statement);
    expect(await sql(`SELECT User FROM mysql.user WHERE User = '${pair.alternate}'`)).toEqual([]);

    for (let message = first.message; message !== ""; ) {
      await sql(...(/as an administrator: (.*)$/.exec(message)?.[1] ?? "").split("; "));
      message = await prepareBy(master, pair).then(
        () => "",
        (error: Error) => error.message,
      );
    }
    expect(await lab.differences(pair, "second", "first")).toEqual([]);
  });

  test.each(["mysql.db", "mysql.global_priv"])(
    "V6 a lock on %s is reported as one, in time",
    async (table) => {
      const { username } = await newAccount();
      await using root = await lab.database.server.connect();
      await root.query(`LOCK TABLES ${table} WRITE`);
      const login = lab.login(MASTER.username, MASTER.password);
      await using master = await lab.engine.connect(login, lab.invocation(2500));

      const { reason } = await failure(
        master ? prepare(cloneOf(username), "second", { master }) : Promise.resolve(),
      );

      expect(reason).toBe("locked");
      await root.query("UNLOCK TABLES");
    },
  );

  test("a read-only server is reported, and nothing changes", async () => {
    const { username } = await newAccount();
    await sql("SET GLOBAL read_only = ON");

    const { reason } = await failure(prepare(cloneOf(username), "second")).finally(() =>
      sql("SET GLOBAL read_only = OFF"),
    );

    expect(reason).toBe("read-only");
    expect(await sql(`SELECT User FROM mysql.user WHERE User = '${username}_clone'`)).toEqual([]);
  });

  test("a password that the server wants to see is refused before any change; in clear it takes it, once", async () => {
    const { username, password } = await newAccount();
    const pair = cloneOf(username);
    await sql("INSTALL SONAME 'simple_password_check'", "INSTALL SONAME 'password_reuse_check'");
    try {
      const { reason, message } = await failure(prepare(pair, "Second-password-2"));
      expect(reason).toBe("password-refused");
      expect(message).toContain("PASSWORD_IN_SQL=plaintext");
      expect(await sql(`SELECT User FROM mysql.user WHERE User = '${pair.alternate}'`)).toEqual([]);

      await using master = await session(
        MASTER.username,
        MASTER.password,
        {},
        { PASSWORD_IN_SQL: "plaintext" },
      );
      expect((await failure(prepare(pair, "short", { master }))).reason).toBe("password-refused");
      await prepare(pair, "Second-password-2", { master });
      await prepare(pair, "Second-password-2", { master });
      expect(log.join()).toContain("has the pending password already");
      expect(await lab.differences(pair, "Second-password-2", password)).toEqual([]);
    } finally {
      await sql("UNINSTALL SONAME 'simple_password_check'", "UNINSTALL SONAME 'password_reuse_check'");
    }
  });
});
