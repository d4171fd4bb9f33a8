import { afterAll, describe, expect, test } from "vitest";
import { startMariadbLab } from "../mariadb/given.ts";
import { cloneOf, failure, type Lab, startLab } from "./given.ts";
import { remedies, tenantsOf } from "./tenants.ts";

describe.each([
  ["MySQL", () => startLab()],
  ["MariaDB", () => startMariadbLab()],
] as const)("grants to the pair that the admin user has not made, %s", async (product, start) => {
  const lab: Lab = await start();
  const { sql, session, newAccount, prepare } = lab;
  const { newTenant, newAdmin } = tenantsOf(lab);
  afterAll(() => lab[Symbol.asyncDispose]());

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
});
