import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { mysql } from "../../functions/mysql/engine.ts";
import { careful } from "../../shared/engine/careful-engine.ts";
import { failure, OWN } from "../mysql/given.ts";
import { findSecrets } from "../support/find-secrets.ts";
import { startMariadbLab, VERSIONS } from "./given.ts";

const IN_CLEAR = { PASSWORD_IN_SQL: "plaintext" };

describe.each(VERSIONS)("own password, version %s", async (version) => {
  const lab = await startMariadbLab(version);
  const { database, sql, session, newAccount, change, log } = lab;
  const { server } = database;
  afterAll(() => lab[Symbol.asyncDispose]());
  beforeEach(() => void log.splice(0));

  async function accepted(username: string, ...passwords: string[]): Promise<boolean[]> {
    return await Promise.all(passwords.map((password) => database.accepts(username, password)));
  }

  async function createUser(username: string): Promise<string> {
    return String((await sql(`SHOW CREATE USER ${username}`)).flat()[0]);
  }

  test("the old password ends, and the log names the strategy that has no such gap", async () => {
    const { username, password } = await newAccount();

    await change(username, password, "second");

    expect(await accepted(username, password, "second")).toEqual([false, true]);
    expect(log.join("\n")).toContain("master-user");
    expect(log.join("\n")).not.toContain("CREATE USER");
  });

  test("the account stays what it is", async () => {
    const { username, password } = await newAccount(
      "REQUIRE SSL WITH MAX_USER_CONNECTIONS 7 MAX_STATEMENT_TIME 3.5 PASSWORD EXPIRE INTERVAL 10 DAY",
    );
    const before = await createUser(username);

    await change(username, password, "second");

    const hash = /'\*[0-9A-F]{40}'/;
    expect((await createUser(username)).replace(hash, "")).toBe(before.replace(hash, ""));
  });

  test("V25 no log and no process list has a password", async () => {
    const { username, password } = await newAccount();
    const second = "second with 'quotes' and \\ in it";
    await sql(`CREATE USER ${username}_watcher`, `GRANT PROCESS ON *.* TO ${username}_watcher`);

    await change(username, password, second);
    await using last = await session(username, second);
    await last.changeOwnPassword("third password", OWN);

    const log = await server.log();
    expect(log).toContain("SET PASSWORD");
    const processes = JSON.stringify(await sql("SELECT * FROM information_schema.PROCESSLIST"));
    expect(findSecrets([password, second, "third password"], log + processes)).toEqual([]);
  });

  test.each(["ANSI_QUOTES", "NO_BACKSLASH_ESCAPES", "ORACLE", "ANSI"])("sql_mode %s", async (mode) => {
    const { username, password } = await newAccount();
    const [[before] = []] = await sql("SELECT @@global.sql_mode");
    await sql(`SET GLOBAL sql_mode = '${mode}', GLOBAL sql_quote_show_create = OFF`);
    try {
      await change(username, password, 'it\'s "new" \\');
      await change(username, 'it\'s "new" \\', "back\\'slash", { environment: IN_CLEAR });
    } finally {
      await sql(`SET GLOBAL sql_mode = '${before}', GLOBAL sql_quote_show_create = ON`);
    }
    expect(await accepted(username, "back\\'slash")).toEqual([true]);
  });

  test("a name that is hostile, on a host that is not %", async () => {
    const name = 'o\'br`ien \\ "x" @home';
    await sql(`CREATE USER 'o''br\`ien \\\\ "x" @home'@'local%' IDENTIFIED BY 'first'`);

    await change(name, "first", "second");

    expect(await accepted(name, "first", "second")).toEqual([false, true]);
  });

  test("a session that is late does not turn back what another one has done since", async () => {
    const { username, password } = await newAccount();
    await using late = await session(username, password);
    await change(username, password, "second");

    const { reason } = await failure(late.changeOwnPassword("overtaken", OWN));

    expect(reason).toBe("lost-race");
    expect(await accepted(username, "overtaken", "second")).toEqual([false, true]);
  });

  test("twenty at once all succeed", async () => {
    const { username, password } = await newAccount();
    const sessions = await Promise.all(Array.from({ length: 20 }, () => session(username, password)));

    await Promise.all(
      sessions.map(async (one) => {
        await one.changeOwnPassword("second", OWN);
        await one[Symbol.asyncDispose]();
      }),
    );

    expect(await accepted(username, password, "second")).toEqual([false, true]);
  });

  describe("accounts that may not log in, or may use no database", () => {
    test.each(["ON", "OFF"])("expired (disconnect_on_expired_password = %s)", async (disconnect) => {
      const { username, password } = await newAccount("PASSWORD EXPIRE");
      const before = await createUser(username);
      await sql(`SET GLOBAL disconnect_on_expired_password = ${disconnect}`);

      const { reason } = await failure(session(username, password)).finally(() =>
        sql("SET GLOBAL disconnect_on_expired_password = OFF"),
      );

      expect(reason).toBe("password-expired");
      expect(await createUser(username)).toBe(before);
    });

    test("locked, and blocked after too many wrong passwords", async () => {
      const locked = await newAccount("ACCOUNT LOCK");
      expect((await failure(session(locked.username, locked.password))).reason).toBe("account-locked");

      const blocked = await newAccount();
      await sql("SET GLOBAL max_password_errors = 1");
      try {
        expect(await accepted(blocked.username, "wrong")).toEqual([false]);
        const { reason, message } = await failure(session(blocked.username, blocked.password));
        expect(reason).toBe("account-locked");
        await sql(/administrator: (.*)$/.exec(message)?.[1] ?? "");
        await using _own = await session(blocked.username, blocked.password);
      } finally {
        await sql("SET GLOBAL max_password_errors = DEFAULT");
      }
    });

    test.each([
      ["MAX_USER_CONNECTIONS 1", 1],
      ["MAX_CONNECTIONS_PER_HOUR 1", 1],
      ["MAX_QUERIES_PER_HOUR 1", 0],
    ])("V30 WITH %s, used up", async (limit, connections) => {
      const { username, password } = await newAccount(`WITH ${limit}`);
      const open = [];
      for (let i = 0; i < connections; i++) open.push(await session(username, password));

      const { reason } = await failure(change(username, password, "second"));

      expect(reason).toBe("connection-limit");
      await Promise.all(open.map((one) => one[Symbol.asyncDispose]()));
    });
  });

  test("a MAX_STATEMENT_TIME does not cut a rotation short that waits for another one", async () => {
    const { username, password } = await newAccount("WITH MAX_STATEMENT_TIME 0.2");
    await using root = await server.connect();
    await root.query("LOCK TABLES mysql.global_priv WRITE");
    await using own = await session(username, password);

    const changed = own.changeOwnPassword("second", OWN);
    await new Promise((resolve) => setTimeout(resolve, 600));
    await root.query("UNLOCK TABLES");
    await changed;

    expect(await accepted(username, "second")).toEqual([true]);
  });

  test.each(["LOCK TABLES mysql.global_priv WRITE", "FLUSH TABLES WITH READ LOCK"])(
    "V6 %s by another session: an error in time, and no late change",
    async (statement) => {
      const { username, password } = await newAccount();
      await using root = await server.connect();
      await root.query(statement);
      const own = await lab.engine.connect(lab.login(username, password), lab.invocation(2500));

      const { reason } = await failure(own?.changeOwnPassword("late", OWN) ?? Promise.resolve());
      await root.query("UNLOCK TABLES");
      await own?.[Symbol.asyncDispose]();

      expect(reason).toBe("locked");
      expect(await accepted(username, password, "late")).toEqual([true, false]);
    },
  );

  test("a read-only server is reported, and nothing changes", async () => {
    const { username, password } = await newAccount();
    await sql("SET GLOBAL read_only = ON");

    const { reason } = await failure(change(username, password, "second")).finally(() =>
      sql("SET GLOBAL read_only = OFF"),
    );

    expect(reason).toBe("read-only");
    expect(await accepted(username, password)).toEqual([true]);
  });

  test("V14 an account with a default role, one of PUBLIC's privileges and the same name as a role", async () => {
    const { username, password } = await newAccount();
    await sql(`CREATE ROLE ${username}`, `CREATE ROLE ${username}_role`);
    const account = `'${username}'@'%'`;
    await sql(`GRANT ${username}_role TO ${account}`, `SET DEFAULT ROLE ${username}_role FOR ${account}`);
    await sql("GRANT SELECT ON mysql.plugin TO PUBLIC");

    await change(username, password, "second");

    expect(await accepted(username, "second")).toEqual([true]);
    await sql("REVOKE SELECT ON mysql.plugin FROM PUBLIC");
  });

  test("MySQL's function says whose server this is", async () => {
    const { username, password } = await newAccount();

    const { reason, message } = await failure(
      careful(mysql).connect(lab.login(username, password), lab.invocation()),
    );

    expect(reason).toBe("unsupported");
    expect(message).toContain('"engine": "mariadb"');
  });
});
