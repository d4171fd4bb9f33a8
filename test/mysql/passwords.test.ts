import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { startMariadbLab } from "../mariadb/given.ts";
import { backFrom, cloneOf, failure, type Lab, MASTER, startLab } from "./given.ts";

describe("passwords, MySQL", async () => {
  const lab = await startLab();
  const { engine, database, sql, session, newAccount, change, prepare, rotate, log } = lab;
  afterAll(() => lab[Symbol.asyncDispose]());
  beforeEach(() => void log.splice(0));

  test("of 256 characters rotate in both strategies, and one more is refused before it is stored", async () => {
    const { username, password } = await newAccount();
    const [longest, other] = ["x".repeat(256), "y".repeat(256)];

    await change(username, password, longest);
    await prepare(cloneOf(username), other);

    expect(await database.accepts(username, longest)).toBe(true);
    expect(await database.accepts(`${username}_clone`, other)).toBe(true);
    expect(engine.refusal("app", longest)).toBeUndefined();
    expect(engine.refusal("app", `${longest}x`)).toContain("PASSWORD_LENGTH");
  });

  test("a login for a plugin that the server has not loaded names the plugin as the cause", async () => {
    const { username, password } = await newAccount();
    await sql(
      `UPDATE mysql.user SET plugin = 'mysql_native_password' WHERE User = '${username}'`,
      "FLUSH PRIVILEGES",
    );

    const refused = await failure(
      engine.connect(lab.login(username, password), lab.invocation()) as Promise<unknown>,
    );

    expect(refused.reason).toBe("unsupported");
    expect(refused.message).toMatch(/authentication plugin .* mysql_native_password=ON.*ALTER USER/);
  });

  test("warns where the general log shows passwords (log_raw)", async () => {
    const { username, password } = await newAccount();
    await sql("SET GLOBAL log_raw = ON");

    try {
      await change(username, password, "second");
      await prepare(cloneOf(username), "pending");
    } finally {
      await sql("SET GLOBAL log_raw = OFF");
    }

    expect(log.filter((line) => line.includes("SET GLOBAL log_raw = OFF"))).toHaveLength(2);
  });

  test("warns when a rotation turns off a second password of the alternate user, and only then", async () => {
    const { username, password } = await newAccount();
    const pair = cloneOf(username);
    const clone = await rotate(pair, password);
    const base = await rotate(backFrom(pair), clone.password);
    expect(log.join("\n")).not.toContain("RETAIN CURRENT PASSWORD");
    await sql(`ALTER USER ${pair.alternate} IDENTIFIED BY 'by hand' RETAIN CURRENT PASSWORD`);

    await rotate(pair, base.password);

    expect(log.join("\n")).toContain(`second password of ${pair.alternate}`);
    expect(await database.accepts(pair.alternate, clone.password)).toBe(false);
  });

  test("every change of an account spares replicas that lack it: ALTER USER has IF EXISTS", async () => {
    const { username, password } = await newAccount();
    await sql(`GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO ${username}`, "CREATE ROLE IF NOT EXISTS reader");
    const pair = cloneOf(username);
    await change(username, password, "second");
    await rotate(pair, "second");
    await sql(
      `GRANT reader TO ${username}`,
      `SET DEFAULT ROLE reader TO ${username}`,
      `UPDATE mysql.user SET max_questions = 9 WHERE User = '${username}'`,
      "FLUSH PRIVILEGES",
    );
    await rotate(pair, "second");

    const statements = (await database.server.log()).match(/Query\tALTER USER .*/g) ?? [];
    const altered = statements.filter((line) => line.includes(`'${username}`));
    expect(altered.length).toBeGreaterThan(3);
    expect(altered.filter((line) => !line.includes("ALTER USER IF EXISTS"))).toEqual([]);
  });

  test("an alternate user that vanishes before its password is set is told, though IF EXISTS makes a note of it", async () => {
    const { username, password } = await newAccount();
    const pair = cloneOf(username);
    await rotate(pair, password);
    await using master = await session(MASTER.username, MASTER.password);
    const attempt = master.attempt;
    const dropping = {
      ...master,
      attempt: async (statement: string) => {
        if (statement.includes("IDENTIFIED WITH")) await sql(`DROP USER ${pair.alternate}`);
        return await attempt(statement);
      },
    };
    const { applySteps } = await import("../../functions/mysql/pair/apply.ts");
    const { mysqlPair } = await import("../../functions/mysql/pair/mysql-pair.ts");
    const account = await mysqlPair.describe(master, { user: pair.alternate, host: "%" }, username);

    const refused = await failure(
      applySteps(dropping, mysqlPair.password([account.name], account, false), "x"),
    );

    expect(refused.reason).toBe("login-rejected");
    expect(refused.message).toContain("does not exist");
  });
});

describe("passwords, MariaDB", async () => {
  const lab: Lab = await startMariadbLab();
  const { database, session, newAccount, change, log } = lab;
  afterAll(() => lab[Symbol.asyncDispose]());

  test("of 4096 characters work, and a single-user rotation warns of replicas", async () => {
    const { username, password } = await newAccount();

    await change(username, password, "x".repeat(4096));

    expect(await database.accepts(username, "x".repeat(4096))).toBe(true);
    expect(log.join("\n")).toContain("A replica that lacks the account stops");
  });

  test("a change of an account that does not exist is told, though IF EXISTS makes a note of it", async () => {
    await using master = await session(MASTER.username, MASTER.password);

    const refusal = await master.attempt("ALTER USER IF EXISTS 'nowhere'@'%' ACCOUNT UNLOCK");

    expect(refusal?.number).toBeDefined();
  });
});
