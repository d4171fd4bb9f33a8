import { afterAll, describe, expect, test } from "vitest";
import { startMariadbLab } from "../mariadb/given.ts";
import { backFrom, cloneOf, failure, type Lab, startLab } from "./given.ts";

/** The statements that an error tells an administrator to run. */
function remedies(message: string): string[] {
  return (/as an administrator: (.*?)( - if .*)?$/.exec(message)?.[1] ?? expect.fail(message)).split("; ");
}

describe.each([
  ["MySQL", () => startLab()],
  ["MariaDB", () => startMariadbLab()],
] as const)("power of others over the pair, %s", async (product, start) => {
  const lab: Lab = await start();
  const { database, sql, session, newAccount, newName, prepare, rotate, view } = lab;
  afterAll(() => lab[Symbol.asyncDispose]());

  /** A user without CREATE USER that may grant what it has in a schema of its own. */
  async function newTenant(): Promise<{
    username: string;
    schema: string;
    run(statement: string): Promise<void>;
  }> {
    const username = newName();
    const schema = `of_${username}`;
    await sql(
      `CREATE DATABASE ${schema}`,
      `CREATE USER ${username} IDENTIFIED BY 'tenant'`,
      `GRANT ALL ON ${schema}.* TO ${username} WITH GRANT OPTION`,
    );
    return { username, schema, run: (statement) => runAs(username, "tenant", statement) };
  }

  async function runAs(username: string, password: string, statement: string): Promise<void> {
    await using own = await session(username, password);
    await own.rows(statement);
  }

  /** An admin user with the least privileges that the documentation asks for. */
  async function newAdmin(username: string) {
    const name = newName();
    await database.createMaster(name, "admin", username);
    return () => session(name, "admin");
  }

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

  test("a tenant's grant on its own schema to the current user: names the REVOKE, and gives the admin user nothing", async () => {
    const { username, password } = await newAccount();
    const pair = cloneOf(username);
    const openAdmin = await newAdmin(username);
    const tenant = await newTenant();
    await tenant.run(`GRANT SELECT, INSERT ON ${tenant.schema}.* TO ${username}`);

    const prepareByAdmin = async () => {
      await using master = await openAdmin();
      await prepare(pair, "pending", { master });
    };
    const refused = await failure(prepareByAdmin());

    expect(refused.reason).toBe("privilege-mismatch");
    expect(refused.message).toContain(`'${tenant.username}'@'%' may have granted`);
    expect(remedies(refused.message)).toEqual([
      `REVOKE SELECT, INSERT ON \`${tenant.schema}\`.* FROM '${username}'@'%'`,
    ]);
    await sql(...remedies(refused.message));
    await prepareByAdmin();
    expect(await lab.differences(pair, "pending", password)).toEqual([]);
  });

  test("a tenant's grant on its own schema to the alternate user: names the REVOKE", async () => {
    const { username, password } = await newAccount();
    const pair = cloneOf(username);
    const openAdmin = await newAdmin(username);
    const tenant = await newTenant();
    const prepareByAdmin = async () => {
      await using master = await openAdmin();
      await prepare(pair, "pending", { master });
    };
    await prepareByAdmin();
    await tenant.run(`GRANT SELECT ON ${tenant.schema}.* TO ${pair.alternate}`);

    const refused = await failure(prepareByAdmin());

    expect(refused.reason).toBe("privilege-mismatch");
    expect(remedies(refused.message)).toEqual([
      `REVOKE SELECT ON \`${tenant.schema}\`.* FROM '${pair.alternate}'@'%'`,
    ]);
    await sql(...remedies(refused.message));
    await prepareByAdmin();
    expect(await lab.differences(pair, "pending", password)).toEqual([]);
  });

  test("a tenant that grants PROXY on itself to the current user: names the REVOKE", async () => {
    const { username, password } = await newAccount();
    const pair = cloneOf(username);
    const openAdmin = await newAdmin(username);
    const tenant = await newTenant();
    await tenant.run(`GRANT PROXY ON ${tenant.username} TO ${username}`);
    const prepareByAdmin = async () => {
      await using master = await openAdmin();
      await prepare(pair, "pending", { master });
    };

    const refused = await failure(prepareByAdmin());

    expect(refused.reason).toBe("privilege-mismatch");
    expect(refused.message).not.toContain("TO 'admin");
    await sql(...remedies(refused.message));
    await prepareByAdmin();
    expect(await lab.differences(pair, "pending", password)).toEqual([]);
  });

  test("a grant that no other account can have made is told as what the admin user lacks", async () => {
    const { username } = await newAccount();
    const openAdmin = await newAdmin(username);
    const schema = `plain_${username}`;
    await sql(`CREATE DATABASE ${schema}`, `GRANT SELECT ON ${schema}.* TO ${username}`);
    await using master = await openAdmin();

    const refused = await failure(prepare(cloneOf(username), "pending", { master }));

    expect(refused.reason).toBe("missing-privilege");
    expect(refused.message).toContain(`GRANT SELECT ON \`${schema}\`.* TO`);
  });

  test("no GRANT creates an account that is missing", async () => {
    await using master = await session("master", "master's password");

    const refusal = await master.attempt(`GRANT SELECT ON app.* TO 'missing_${product}'@'%'`);

    expect(refusal?.number).toBe(product === "MySQL" ? 1410 : 1133);
    expect(await sql(`SELECT 1 FROM mysql.user WHERE User = 'missing_${product}'`)).toEqual([]);
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
    return;
  }

  const marker = (username: string) => `rotation_clone_of_${username}`;

  test.each([
    ["a privilege on a schema", "GRANT ALL ON hr.* TO ?"],
    ["a privilege on a table", "GRANT SELECT ON app.t TO ?"],
    ["a privilege on a column", "GRANT SELECT (id) ON app.t TO ?"],
    ["a privilege on a routine", "GRANT EXECUTE ON PROCEDURE app.p TO ?"],
    ["a global privilege", "GRANT PROCESS ON *.* TO ?"],
    ["a role", "GRANT of_marker TO ?"],
  ])("sees %s that the ownership marker was granted, in both steps", async (_, grant) => {
    const { username, password } = await newAccount();
    const pair = cloneOf(username);
    await sql(
      "CREATE TABLE IF NOT EXISTS app.t (id int)",
      "CREATE OR REPLACE PROCEDURE app.p() SELECT 1",
      "CREATE ROLE IF NOT EXISTS of_marker",
      "GRANT SELECT ON mysql.plugin TO of_marker",
    );
    const clone = await rotate(pair, password);
    await sql(grant.replace("?", marker(username)));

    const refused = await failure(prepare(pair, "pending"));
    const differences = await lab.differences(pair, clone.password, password);

    expect(refused.reason).toBe("privilege-mismatch");
    expect(refused.message).toContain(marker(username));
    expect(differences).not.toEqual([]);
    await sql(...remedies(refused.message));
    expect((await rotate(pair, password)).differences).toEqual([]);
  });

  test.each([
    ["is a member of", "GRANT ? TO ", "the master user"],
    ["is a member of", "GRANT ? TO ", "root"],
    ["may grant", "GRANT ? TO  WITH ADMIN OPTION", "the master user"],
    ["may grant", "GRANT ? TO  WITH ADMIN OPTION", "root"],
  ])(
    "refuses a marker that an account without CREATE USER %s, and succeeds after the printed statements, run by %3$s",
    async (what, grant, by) => {
      const { username, password } = await newAccount();
      const pair = cloneOf(username);
      const tenant = await newTenant();
      await rotate(pair, password);
      await using master = await session("master", "master's password");
      await master.rows(grant.replace("?", marker(username)).replace("TO ", `TO ${tenant.username}`));

      const refused = await failure(prepare(pair, "pending"));

      expect(refused.reason).toBe("user-not-owned");
      expect(refused.message).toContain(`'${tenant.username}'@'%' ${what} the ownership marker`);
      // Root has no ADMIN OPTION on a role that the master user has created.
      const run = by === "root" ? sql : (statement: string) => master.rows(statement);
      for (const statement of remedies(refused.message)) await run(statement);
      expect((await rotate(pair, password)).differences).toEqual([]);
    },
  );

  test("refuses to create a clone whose marker exists and holds a privilege", async () => {
    const { username, password } = await newAccount();
    const pair = cloneOf(username);
    await sql(`CREATE ROLE ${marker(username)}`, `GRANT SELECT ON mysql.plugin TO ${marker(username)}`);

    const refused = await failure(prepare(pair, "pending"));

    expect(refused.reason).toBe("user-not-owned");
    expect(await sql(`SELECT 1 FROM mysql.user WHERE User = '${pair.alternate}'`)).toEqual([]);
    await sql(...remedies(refused.message));
    expect((await rotate(pair, password)).differences).toEqual([]);
    expect((await view(pair)).ownership.gains).toEqual([]);
  });
});
