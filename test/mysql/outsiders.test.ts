import { afterAll, describe, expect, test } from "vitest";
import { startMariadbLab } from "../mariadb/given.ts";
import { backFrom, cloneOf, failure, type Lab, startLab } from "./given.ts";
import { remedies, tenantsOf } from "./tenants.ts";

describe.each([
  ["MySQL", () => startLab()],
  ["MariaDB", () => startMariadbLab()],
] as const)("power of others over the pair, %s", async (product, start) => {
  const lab: Lab = await start();
  const { database, sql, newAccount, prepare, rotate } = lab;
  const { newTenant, runAs, newAdmin } = tenantsOf(lab);
  afterAll(() => lab[Symbol.asyncDispose]());

  test("refuses a clone that another account may act as by PROXY, and succeeds after the printed statement", async () => {
    const { username, password } = await newAccount();
    const pair = cloneOf(username);
    const clone = await rotate(pair, password);
    const tenant = await newTenant();
    await runAs(pair.alternate, clone.password, `GRANT PROXY ON ${pair.alternate} TO ${tenant.username}`);

    const refused = await failure(prepare(pair, "pending"));

    expect(refused.reason).toBe("user-not-owned");
    expect(refused.message).toContain(`'${tenant.username}'@'%' may act as '${pair.alternate}'@'%'`);
    await sql(...remedies(refused.message));
    expect((await rotate(pair, password)).differences).toEqual([]);
  });

  test("accepts an account that may act as both users of the pair", async () => {
    const { username, password } = await newAccount();
    const pair = cloneOf(username);
    const clone = await rotate(pair, password);
    const tenant = await newTenant();
    await runAs(pair.alternate, clone.password, `GRANT PROXY ON ${pair.alternate} TO ${tenant.username}`);
    await runAs(username, password, `GRANT PROXY ON ${username} TO ${tenant.username}`);

    expect((await rotate(pair, password)).differences).toEqual([]);
  });

  test("refuses to create a user that another account may act as already", async () => {
    const { username } = await newAccount();
    const pair = cloneOf(username);
    const tenant = await newTenant();
    await sql(`GRANT PROXY ON '${pair.alternate}'@'%' TO ${tenant.username}`).catch(() =>
      sql(
        `INSERT INTO mysql.proxies_priv (Host, User, Proxied_host, Proxied_user) VALUES ('%', '${tenant.username}', '%', '${pair.alternate}')`,
      ),
    );

    const refused = await failure(prepare(pair, "pending"));

    expect(refused.reason).toBe("user-not-owned");
    expect(await sql(`SELECT 1 FROM mysql.user WHERE User = '${pair.alternate}'`)).toEqual([]);
  });

  test.each([
    ["a view", "VIEW of_definers.v_? AS SELECT 1", "of_definers.v_?"],
    ["a routine", "PROCEDURE of_definers.p_?() SELECT 1", "of_definers.p_?"],
    [
      "a trigger",
      "TRIGGER of_definers.t_? BEFORE INSERT ON of_definers.t FOR EACH ROW SET @x = 1",
      "of_definers.t_?",
    ],
    ["an event", "EVENT of_definers.e_? ON SCHEDULE EVERY 1 DAY DO SELECT 1", "of_definers.e_?"],
  ])("refuses to create a user that is the DEFINER of %s already", async (_, object, name) => {
    const { username, password } = await newAccount();
    const pair = cloneOf(username);
    await sql(
      "CREATE DATABASE IF NOT EXISTS of_definers",
      "CREATE TABLE IF NOT EXISTS of_definers.t (id int)",
      `CREATE DEFINER = '${pair.alternate}'@'%' ${object.replace("?", username)}`,
    );

    const refused = await failure(prepare(pair, "pending"));

    expect(refused.reason).toBe("user-not-owned");
    expect(refused.message).toContain(name.replace("?", username));
    expect(await sql(`SELECT 1 FROM mysql.user WHERE User = '${pair.alternate}'`)).toEqual([]);
    const [kind] = object.split(" ");
    await sql(`DROP ${kind} ${name.replace("?", username)}`);
    expect((await rotate(pair, password)).differences).toEqual([]);
  });

  test("refuses an equal user that the secret names without an ownership marker, and takes it after the printed statements", async () => {
    const [blue, green] = [await newAccount(), await newAccount()];
    const pair = { current: blue.username, alternate: green.username, clone: undefined };

    const refused = await failure(prepare(pair, "pending"));

    expect(refused.reason).toBe("user-not-owned");
    expect(await database.accepts(green.username, green.password)).toBe(true);
    await sql(...remedies(refused.message));
    const first = await rotate(pair, blue.password);
    const second = await rotate(
      { ...pair, current: pair.alternate, alternate: pair.current },
      first.password,
    );
    expect([first.differences, second.differences]).toEqual([[], []]);
  });

  if (product === "MySQL") {
    test("refuses to create a user that is the DEFINER of what the admin user does not see", async () => {
      const { username } = await newAccount();
      const pair = cloneOf(username);
      const openAdmin = await newAdmin(username);
      await sql(
        `CREATE DATABASE hidden_${username}`,
        `CREATE DEFINER = '${pair.alternate}'@'%' VIEW hidden_${username}.v AS SELECT 1`,
      );
      await using master = await openAdmin();

      const refused = await failure(prepare(pair, "pending", { master }));

      expect(refused.reason).toBe("user-not-owned");
      expect(refused.message).toContain("DEFINER");
    });

    test("refuses a marked clone that another user has as a role, and succeeds after the printed statement", async () => {
      const { username, password } = await newAccount();
      const pair = cloneOf(username);
      const tenant = await newTenant();
      await rotate(pair, password);
      await sql(`GRANT ${pair.alternate} TO ${tenant.username}`);

      const refused = await failure(prepare(pair, "pending"));

      expect(refused.reason).toBe("user-not-owned");
      expect(refused.message).toContain(`'${tenant.username}'@'%' may act as`);
      await sql(...remedies(refused.message));
      expect((await rotate(pair, password)).differences).toEqual([]);
    });

    test.each([true, false])(
      "refuses a pair whose current user has the other one as a role (current is the clone: %s)",
      async (isBack) => {
        const { username, password } = await newAccount();
        const pair = cloneOf(username);
        const clone = await rotate(pair, password);
        const turn = isBack ? backFrom(pair) : pair;
        await sql(`GRANT ${turn.alternate} TO ${turn.current}`);

        const refused = await failure(prepare(turn, "pending"));

        await sql(...remedies(refused.message));
        expect((await rotate(turn, isBack ? clone.password : password)).differences).toEqual([]);
      },
    );
  }
});
