import { afterAll, describe, expect, test } from "vitest";
import { cloneOf, failure } from "../mysql/given.ts";
import { remedies, tenantsOf } from "../mysql/tenants.ts";
import { startMariadbLab } from "./given.ts";

describe("power over the pair through its ownership marker", async () => {
  const lab = await startMariadbLab();
  const { sql, session, newAccount, prepare, rotate, view } = lab;
  const { newTenant } = tenantsOf(lab);
  afterAll(() => lab[Symbol.asyncDispose]());

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
