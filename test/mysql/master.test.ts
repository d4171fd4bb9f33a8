import { afterAll, expect, test } from "vitest";
import { cloneOf, failure, MASTER, startLab } from "./given.ts";

const lab = await startLab();
const { database, sql, session, newAccount, prepare, differences } = lab;
afterAll(() => lab[Symbol.asyncDispose]());

test("V41 a master without SELECT on the mysql schema is told the statement, which helps", async () => {
  const { username, password } = await newAccount();
  await sql("CREATE USER weak IDENTIFIED BY 'weak'", "GRANT CREATE USER ON *.* TO weak");
  await using weak = await session("weak", "weak");

  const refused = await failure(prepare(cloneOf(username), "pending", { master: weak }));

  expect(refused.reason).toBe("missing-privilege");
  expect(refused.message).toContain("GRANT SELECT ON mysql.* TO 'weak'@'%'");
  expect(await database.accepts(username, password)).toBe(true);
});

test("V12 whatever the master lacks, it is told before the first change, and the statements help", async () => {
  const { username, password } = await newAccount();
  await sql(
    "CREATE DATABASE hr",
    "CREATE TABLE hr.people (id int)",
    "CREATE PROCEDURE hr.pay() SELECT 1",
    "CREATE ROLE reader",
    `GRANT PROCESS ON *.* TO ${username}`,
    `GRANT BACKUP_ADMIN ON *.* TO ${username} WITH GRANT OPTION`,
    `GRANT SELECT ON hr.* TO ${username} WITH GRANT OPTION`,
    `GRANT UPDATE (id) ON hr.people TO ${username}`,
    `GRANT EXECUTE ON PROCEDURE hr.pay TO ${username}`,
    `GRANT reader TO ${username}`,
    `GRANT PROXY ON 'a'@'b' TO ${username}`,
    "CREATE USER modest IDENTIFIED BY 'modest'",
    "GRANT SELECT ON mysql.* TO modest",
  );
  await using modest = await session("modest", "modest");
  const before = (await database.server.log()).match(/Query\t(CREATE|ALTER|GRANT|REVOKE)/g)?.length;

  const refused = await failure(prepare(cloneOf(username), "pending", { master: modest }));

  expect(refused.reason).toBe("missing-privilege");
  expect((await database.server.log()).match(/Query\t(CREATE|ALTER|GRANT|REVOKE)/g)?.length).toBe(before);
  const statements = /Run as an administrator: (.*)$/.exec(refused.message)?.[1]?.split("; ") ?? [];
  expect(statements.length).toBeGreaterThan(7);
  await sql(...statements);
  await using cured = await session("modest", "modest");
  await prepare(cloneOf(username), "pending", { master: cured });
  expect(await differences(cloneOf(username), "pending", password)).toEqual([]);
});

test("of more statements than an error holds it is told whole ones, and how many are left", async () => {
  const { username } = await newAccount();
  const columns = Array.from({ length: 250 }, (_, column) => `${"c".repeat(55)}${column}`);
  await sql(
    `CREATE TABLE app.wide (${columns.map((name) => `${name} int`).join(", ")})`,
    ...columns.map((name) => `GRANT UPDATE (${name}) ON app.wide TO ${username}`),
    "CREATE USER poor IDENTIFIED BY 'poor'",
    "GRANT SELECT ON mysql.* TO poor",
  );
  await using poor = await session("poor", "poor");

  const { message } = await failure(prepare(cloneOf(username), "pending", { master: poor }));

  const [, list = ""] = /Run as an administrator: (.*) - and \d+ more statements/.exec(message) ?? [];
  await sql(...list.split("; "));
});

test("a master with the least that the README asks for is enough", async () => {
  const { username, password } = await newAccount();
  await database.createMaster("least", "least", username);
  await using least = await session("least", "least");

  await prepare(cloneOf(username), "pending", { master: least });

  expect(await differences(cloneOf(username), "pending", password)).toEqual([]);
});

test("an account with SYSTEM_USER needs a master that has it", async () => {
  const { username } = await newAccount();
  await prepare(cloneOf(username), "pending");
  await database.createMaster("ordinary", "ordinary", username);
  await sql(`GRANT SYSTEM_USER ON *.* TO ${username}`, `GRANT SYSTEM_USER ON *.* TO ${username}_clone`);
  await using ordinary = await session("ordinary", "ordinary");

  const refused = await failure(prepare(cloneOf(username), "another", { master: ordinary }));

  expect(refused.reason).toBe("missing-privilege");
  expect(refused.message).toContain("GRANT SYSTEM_USER ON *.* TO 'ordinary'@'%'");
});

test.each(["read_only", "super_read_only"])(
  "a replica (%s) is told before the first write",
  async (variable) => {
    const { username } = await newAccount();
    await sql(`SET GLOBAL ${variable} = ON`);
    await using master = await session(MASTER.username, MASTER.password);

    const refused = await failure(prepare(cloneOf(username), "pending", { master: master }));

    await sql("SET GLOBAL super_read_only = OFF, GLOBAL read_only = OFF");
    expect(refused.reason).toBe("read-only");
    expect(await sql(`SELECT 1 FROM mysql.user WHERE User = '${username}_clone'`)).toEqual([]);
  },
);
