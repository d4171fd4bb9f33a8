import { afterAll, describe, expect, test } from "vitest";
import { failedRotation, refusal } from "../support/failures.ts";
import { reattempt } from "../support/operator.ts";
import { startLab } from "./lab.ts";
import { column, edit, existing, newPair, openAs, rotated, type Users, whoIs } from "./pairs.ts";

/** A tenant who may create roles, write a secret and log in as its user tries to get at the users of others. */

await using started = new AsyncDisposableStack();
const labs = await Promise.all(
  ["18", "16.4", "15"].map(async (version) => {
    const lab = started.use(await startLab({ version }));
    await lab.database.createUser("tenant", "the tenant's");
    await lab.server.query("ALTER ROLE tenant CREATEROLE");
    return Object.assign(lab, { version, modern: version !== "15" });
  }),
);
const cleanUp = started.move();

afterAll(() => cleanUp.disposeAsync());

describe.for(labs)("PostgreSQL $version", ({ server, database, stack, stepwise, fixture, modern }) => {
  /** What every other role is, may do and owns: a failed attempt changes nothing of it. */
  async function world(): Promise<unknown> {
    const { rows } = await server.query(
      `SELECT (SELECT jsonb_agg(to_jsonb(one) ORDER BY rolname) FROM pg_authid AS one) AS roles,
              (SELECT jsonb_agg(to_jsonb(one) - 'oid' ORDER BY one::text) FROM pg_auth_members AS one) AS memberships,
              (SELECT jsonb_agg(to_jsonb(one) ORDER BY one::text) FROM pg_db_role_setting AS one) AS settings,
              (SELECT jsonb_agg(to_jsonb(one) ORDER BY one::text) FROM pg_shdepend AS one) AS dependencies`,
    );
    return rows;
  }

  /** A victim with a table, whom the same master user rotates. */
  async function victim(): Promise<Users & { readonly table: string }> {
    const users = await newPair(fixture);
    const table = `salaries_of_${users.username}`;
    await server.query(`CREATE TABLE ${table} (id INT); ALTER TABLE ${table} OWNER TO ${users.username}`);
    return { ...users, table };
  }

  async function asTenant(...statements: string[]): Promise<void> {
    await using session = await openAs(database, "tenant", "the tenant's");
    for (const statement of statements) await session.query(statement);
  }

  function secretOf(hr: Users, username: string, password: string): Promise<string> {
    return stack.createSecret(`tenant-${username}`, {
      ...database.address,
      username,
      password,
      masterarn: hr.master.arn,
    });
  }

  test("a clone that is granted to its base user does not seize it: the names decide the direction", async () => {
    const hr = await victim();
    const { username, clone, master } = hr;
    await asTenant(
      `CREATE ROLE ${clone} LOGIN PASSWORD 'x'`,
      `GRANT ${clone} TO ${username}`,
      `GRANT ${clone} TO ${master.username} WITH ADMIN OPTION`,
    );
    const arn = await secretOf(hr, clone, "x");
    const before = await world();

    const failure = await failedRotation(stack, arn);

    expect(failure).toMatchObject({ step: "setSecret", reason: "user-not-owned" });
    expect(await world()).toEqual(before);
    expect(await database.accepts(username, hr.password)).toBe(true);
    const [, unmark = ""] = /run as an administrator: (.+)$/.exec(failure.message) ?? [];
    expect(unmark).toMatch(new RegExp(`^REVOKE "${clone}" FROM "${username}"`));
    await server.query(unmark);
    expect(await column(server, `SELECT pg_has_role('${username}', '${clone}', 'MEMBER')`)).toEqual([false]);
  });

  test("a clone whose base user is a member of it, as a mistake, is refused until the membership is turned round", async () => {
    const users = await newPair(fixture);
    const { username, clone } = users;
    await existing(database, users, clone);
    await server.query(`GRANT ${clone} TO ${username}`);

    const { reason, message } = await failedRotation(stack, users.arn);

    expect(reason).toBe("user-not-owned");
    await server.query(/run as an administrator: (.+)$/.exec(message)?.[1] ?? "");
    expect(await reattempt(stack, users.arn)).toBe(false);
    await server.query(`GRANT ${username} TO ${clone}`);
    expect(await reattempt(stack, users.arn)).toBe(true);
    expect(await whoIs(fixture, users)).toEqual({ login: clone, acts: username });
  });

  if (modern)
    test("a tenant who created the clone in advance keeps no power over it", async () => {
      const hr = await victim();
      const { username, clone, master, table, arn } = hr;
      await asTenant(
        `CREATE ROLE ${clone} LOGIN PASSWORD 'x'`,
        `GRANT ${clone} TO ${master.username} WITH ADMIN OPTION, INHERIT FALSE, SET FALSE`,
      );
      // AWSPREVIOUS logs in as the clone, which is possession.
      await edit(stack, hr, { username: clone, password: "x" });
      await edit(stack, hr, { username, password: hr.password });
      const before = await world();

      const failure = await failedRotation(stack, arn);

      expect(failure).toMatchObject({ step: "setSecret", reason: "user-not-owned" });
      expect(failure.message).toContain(`the user tenant has ADMIN OPTION on ${clone}`);
      expect(await world()).toEqual(before);
      const [, revoke = ""] = /Run as an administrator: (.+)$/.exec(failure.message) ?? [];
      expect(revoke).toMatch(/REVOKE ADMIN OPTION FOR .+ FROM "tenant" GRANTED BY "postgres" CASCADE$/);
      await server.query(revoke);
      await server.query(`GRANT ${username} TO ${clone}`);
      expect(await reattempt(stack, arn)).toBe(true);
      await expect(asTenant(`GRANT ${clone} TO tenant`)).rejects.toThrow();
      await expect(asTenant(`SELECT * FROM ${table}`)).rejects.toThrow("permission denied");
    });

  if (modern)
    test("a tenant cannot mark the user of another one by making it a member of a role", async () => {
      const hr = await newPair(fixture, { username: "dolly_clone" });
      await server.query("CREATE TABLE dollars (id INT); ALTER TABLE dollars OWNER TO dolly_clone");
      await asTenant(
        "CREATE ROLE dolly LOGIN PASSWORD 'x'",
        "GRANT dolly TO dolly_clone",
        `GRANT dolly TO ${hr.master.username} WITH ADMIN OPTION`,
      );
      const arn = await secretOf(hr, "dolly", "x");
      const before = await world();

      const failure = await failedRotation(stack, arn);

      expect(failure).toMatchObject({ step: "setSecret", reason: "user-not-owned" });
      expect(await world()).toEqual(before);
      expect(await database.accepts("dolly_clone", hr.password)).toBe(true);
      await server.query("DROP TABLE dollars; DROP ROLE dolly; DROP ROLE dolly_clone");
    });

  test("a member of the clone is refused, and cannot come in between setSecret and testSecret", async () => {
    const hr = await victim();
    const { username, clone, arn } = hr;
    const token = await stepwise.stage(arn);
    for (const step of ["createSecret", "setSecret"] as const) await stepwise.invoke(step, arn, token);
    await server.query(`GRANT ${clone} TO tenant; ALTER ROLE tenant NOCREATEROLE`);

    const late = await refusal(stack, { Step: "testSecret", SecretId: arn, ClientRequestToken: token });
    const again = await refusal(stack, { Step: "setSecret", SecretId: arn, ClientRequestToken: token });

    expect(late).toMatchObject({ reason: "privilege-mismatch" });
    expect(late.message).toContain("is not the secret's alone: the user tenant is a member");
    expect(again).toMatchObject({ reason: "user-not-owned" });
    await server.query(/Run as an administrator: (.+)$/.exec(again.message)?.[1] ?? "");
    expect(await reattempt(stack, arn)).toBe(true);
    expect(await whoIs(fixture, hr)).toEqual({ login: clone, acts: username });
    await server.query("ALTER ROLE tenant CREATEROLE");
  });

  if (modern)
    test("a clone that has set itself another role is not promoted", async () => {
      const users = await newPair(fixture);
      const token = await stepwise.stage(users.arn);
      for (const step of ["createSecret", "setSecret"] as const)
        await stepwise.invoke(step, users.arn, token);
      const { username, password } = await stack.value(users.arn, { VersionId: token });
      await using session = await openAs(database, String(username), String(password));
      await session.query(`RESET role; SET ROLE NONE; ALTER ROLE ${users.clone} SET role TO none`);

      const { message } = await refusal(stack, {
        Step: "testSecret",
        SecretId: users.arn,
        ClientRequestToken: token,
      });

      expect(message).toContain(`does not act as ${users.username}`);
    });

  test("a current user that is a member of many roles gets a clone that is a member of none of them", async () => {
    const users = await newPair(fixture);
    await server.query(
      `CREATE ROLE team_of_${users.username}; GRANT team_of_${users.username} TO ${users.username}`,
    );

    await rotated(fixture, users);

    expect(
      await column(
        server,
        `SELECT roleid::regrole::text FROM pg_auth_members WHERE member = '${users.clone}'::regrole`,
      ),
    ).toEqual([users.username]);
  });
});
