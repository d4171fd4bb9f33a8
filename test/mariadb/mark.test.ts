import { afterAll, describe, expect, test } from "vitest";
import type { Pair } from "../../shared/engine/pair.ts";
import { openGate, type Verdict } from "../contract/support/gate.ts";
import { backFrom, cloneOf, failure, MASTER } from "../mysql/given.ts";
import { startMariadbLab, VERSIONS } from "./given.ts";

/** Number of answers until the master user has read that the role does not exist. */
const LOOKS = 5;

describe.each(VERSIONS)("mark, version %s", async (version) => {
  const lab = await startMariadbLab(version);
  const { sql, session, newAccount, newName, prepare, rotate, grants, missingMark } = lab;
  afterAll(() => lab[Symbol.asyncDispose]());

  test("V33 is a role that only an administrator can grant, and no privilege", async () => {
    const { username, password } = await newAccount();
    const pair = cloneOf(username);
    const clone = await rotate(pair, password);

    expect(await missingMark(pair)).toBeUndefined();
    expect(await missingMark(backFrom(pair))).toBeUndefined();
    expect(clone.differences).toEqual([]);
    expect(await grants(pair.alternate)).toContain(
      `GRANT \`rotation_clone_of_${username}\` TO \`${pair.alternate}\`@\`%\``,
    );
    await sql(`DROP ROLE 'rotation_clone_of_${username}'`);
    expect(await missingMark(pair)).toMatch(
      /^CREATE ROLE IF NOT EXISTS '.*'; GRANT '.*' TO '.*'@'%'; GRANT '.*' TO 'master'@'%' WITH ADMIN OPTION$/,
    );
  });

  test("of a clone that was dropped and made anew: the role is still its maker's, and the statement works all the same", async () => {
    const { username, password } = await newAccount();
    const pair = cloneOf(username);
    await rotate(pair, password);
    await sql(`DROP USER ${pair.alternate}`, `CREATE USER ${pair.alternate} IDENTIFIED BY 'by hand'`);

    await sql(...String(await missingMark(pair)).split("; "));

    expect(await missingMark(pair)).toBeUndefined();
  });

  test("on two hosts: one statement marks both, also if the role is another one's", async () => {
    const username = newName();
    const pair = cloneOf(username);
    for (const host of ["localhost", "10.%"]) {
      await sql(
        `CREATE USER ${username}@'${host}' IDENTIFIED BY 'first'`,
        `CREATE USER ${pair.alternate}@'${host}' IDENTIFIED BY 'by hand'`,
      );
    }
    await sql(`CREATE ROLE 'rotation_clone_of_${username}'`);

    await sql(...String(await missingMark(pair)).split("; "));

    expect(await missingMark(pair)).toBeUndefined();
    expect((await rotate(pair, "first")).differences).toEqual([]);
  });

  test("V34 hr is not the clone of hr_clone", async () => {
    const { username } = await newAccount();
    const pair: Pair = { current: `${username}_clone`, alternate: username, clone: "current" };
    await sql(`CREATE USER ${pair.current} IDENTIFIED BY 'x'`);

    expect(await missingMark(pair)).toContain(`'rotation_clone_of_${username}' TO '${pair.current}'`);
  });

  test("of a clone with a hostile name, on a server in sql_mode ANSI", async () => {
    const username = 'o\'br`ien \\ "x" @h';
    await sql("CREATE USER 'o''br`ien \\\\ \"x\" @h' IDENTIFIED BY 'first'");
    const [[mode] = []] = await sql("SELECT @@global.sql_mode");
    await sql("SET GLOBAL sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES', GLOBAL sql_quote_show_create = OFF");
    try {
      const { differences } = await rotate(cloneOf(username), "first");

      expect(differences).toEqual([]);
      expect(await missingMark(cloneOf(username))).toBeUndefined();
    } finally {
      await sql(`SET GLOBAL sql_mode = '${mode}', GLOBAL sql_quote_show_create = ON`);
    }
  });

  test("whose role another administrator has made: refused, with the statements, before any other change", async () => {
    const { username, password } = await newAccount();
    await sql(`CREATE ROLE 'rotation_clone_of_${username}'`);

    const { reason, message } = await failure(prepare(cloneOf(username), "second"));

    expect(reason).toBe("missing-privilege");
    expect(await sql(`SELECT User FROM mysql.user WHERE User = '${username}_clone'`)).toEqual([]);
    await sql(...(/as an administrator: (.*)$/.exec(message)?.[1] ?? "").split("; "));
    expect((await rotate(cloneOf(username), password)).differences).toEqual([]);
  });

  test("whose role a master had that is gone: the statements work, and no message has a password in it", async () => {
    const { username, password } = await newAccount();
    const pair = cloneOf(username);
    await sql(
      "CREATE USER old_master IDENTIFIED BY 'old'",
      "GRANT ALL ON *.* TO old_master WITH GRANT OPTION",
    );
    const inClear = { PASSWORD_IN_SQL: "plaintext" };
    await using old = await session("old_master", "old", {}, inClear);
    await prepare(pair, "second", { master: old });
    await sql(`DROP USER ${pair.alternate}`, "DROP USER old_master");
    await using master = await session(MASTER.username, MASTER.password, {}, inClear);

    const { reason, message } = await failure(prepare(pair, "third", { master }));

    expect(reason).toBe("missing-privilege");
    expect(message).not.toMatch(/IDENTIFIED|PASSWORD/);
    await sql(...(/as an administrator: (.*)$/.exec(message)?.[1] ?? "").split("; "));
    expect((await rotate(pair, password)).differences).toEqual([]);
  });

  test("whose role is created after the master has looked: the message has no statement with a password in it", async () => {
    const { username, password } = await newAccount();
    const pair = cloneOf(username);
    await using gate = await openGate(lab.database.server.port);
    const inClear = { PASSWORD_IN_SQL: "plaintext" };
    await using master = await session(MASTER.username, MASTER.password, { port: gate.port }, inClear);
    let answers = 0;
    gate.onAnswer = async (): Promise<Verdict> => {
      if (++answers === LOOKS) await sql(`CREATE ROLE 'rotation_clone_of_${username}'`);
      return "pass";
    };

    const { reason, message } = await failure(prepare(pair, "second", { master }));

    expect(reason).toBe("missing-privilege");
    expect(message).not.toMatch(/IDENTIFIED|PASSWORD|as an administrator/);
    const again = await failure(prepare(pair, "second"));
    await sql(...(/as an administrator: (.*)$/.exec(again.message)?.[1] ?? "").split("; "));
    expect((await rotate(pair, password)).differences).toEqual([]);
  });

  test.each([
    ["an ed25519 clone", "IDENTIFIED VIA ed25519 USING PASSWORD('x')", "unsupported"],
    ["a clone that anybody of the operating system may be", "IDENTIFIED VIA unix_socket", "unsupported"],
    ["a REQUIRE that nobody can copy", "IDENTIFIED BY 'x' REQUIRE SUBJECT '/CN=it''s'", "unsupported"],
    ["a clone that somebody has locked", "IDENTIFIED BY 'x' ACCOUNT LOCK", "account-locked"],
  ])("V35 %s is refused before any change", async (_, properties, expected) => {
    const { username } = await newAccount();
    const pair = cloneOf(username);
    await sql("INSTALL PLUGIN IF NOT EXISTS ed25519 SONAME 'auth_ed25519'");
    await sql(`CREATE USER ${pair.alternate} ${properties}`);
    await sql(
      `CREATE ROLE 'rotation_clone_of_${username}'`,
      `GRANT 'rotation_clone_of_${username}' TO ${pair.alternate}`,
    );
    const before = await sql(`SHOW CREATE USER ${pair.alternate}`);

    const { reason } = await failure(prepare(pair, "second"));

    expect(reason).toBe(expected);
    expect(await sql(`SHOW CREATE USER ${pair.alternate}`)).toEqual(before);
    expect(await grants(pair.alternate)).toHaveLength(2);
  });

  test("a clone whose password has expired by hand gets one that works", async () => {
    const { username, password } = await newAccount();
    const pair = cloneOf(username);
    await rotate(pair, password);
    await sql(`ALTER USER ${pair.alternate} PASSWORD EXPIRE`);

    expect((await rotate(pair, password)).differences).toEqual([]);
  });

  test("a user with the name of a role", async () => {
    const { username, password } = await newAccount();
    await sql(`CREATE ROLE ${username}`, `CREATE ROLE ${username}_clone`);

    expect((await rotate(cloneOf(username), password)).differences).toEqual([]);
  });
});
