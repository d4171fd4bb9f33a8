import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startMysqlDatabase } from "../../local/servers/mysql/database.ts";
import { type Broken, testBroken } from "./broken.ts";
import { checkOf, openWorld, type User, type World } from "./world.ts";

const cleanUp = new AsyncDisposableStack();
let single: World;
let master: World;

beforeAll(async () => {
  const database = cleanUp.use(await startMysqlDatabase());
  single = cleanUp.use(await openWorld(database, "mysql", "single-user"));
  master = cleanUp.use(await openWorld(database, "mysql", "master-user"));
});
afterAll(() => cleanUp.disposeAsync());

const statement = (
  title: string,
  check: Broken["check"],
  reason: string | undefined,
  sql: (user: User) => string[],
  cure: "sql" | ((user: User) => string[]) = "sql",
): Broken => ({
  title,
  check,
  ...(reason && { reason }),
  break: (world, user) => world.sql(...sql(user)),
  cure: cure === "sql" ? cure : (world, user) => world.sql(...cure(user)),
});

describe("the user", () => {
  testBroken(
    () => single,
    [
      statement("the account is locked", "login", "account-locked", ({ name }) => [
        `ALTER USER '${name}'@'%' ACCOUNT LOCK`,
      ]),
      statement(
        "the account wants a client's certificate",
        "login",
        "login-rejected",
        ({ name }) => [`ALTER USER '${name}'@'%' REQUIRE X509`],
        ({ name }) => [`ALTER USER '${name}'@'%' REQUIRE NONE`],
      ),
      statement(
        "the server is read-only",
        "server",
        "read-only",
        () => ["SET GLOBAL read_only = ON"],
        () => ["SET GLOBAL read_only = OFF"],
      ),
      statement("the server is in offline mode", "login", "unavailable", () => [
        "SET GLOBAL offline_mode = ON",
      ]),
      statement("the user may not keep its old password", "unavailability-window", undefined, ({ name }) => [
        `REVOKE APPLICATION_PASSWORD_ADMIN ON *.* FROM '${name}'@'%'`,
      ]),
      statement(
        "the user has no privilege in the database",
        "login",
        "missing-privilege",
        ({ name }) => [`REVOKE ALL ON app.* FROM '${name}'@'%'`],
        ({ name }) => [`GRANT ALL ON app.* TO '${name}'@'%'`],
      ),
    ],
  );

  testBroken(
    () => single,
    [
      {
        title: "the password has expired",
        check: "login",
        reason: "password-expired",
        break: ({ sql }, { name }) => sql(`ALTER USER '${name}'@'%' PASSWORD EXPIRE`),
        cure: async ({ sql, stack }, { arn, name }) =>
          sql(`ALTER USER '${name}'@'%' IDENTIFIED BY '${(await stack.value(arn)).password}'`),
      },
      {
        title: "the database does not exist",
        check: "login",
        reason: "missing-database",
        break: async ({ sql, edit }, { arn, name }) => {
          await sql(`GRANT ALL ON nowhere.* TO '${name}'@'%'`);
          await edit(arn, { dbname: "nowhere" });
        },
        cure: ({ edit }, { arn }) => edit(arn, { dbname: "app" }),
      },
      {
        title: "the user's name is padded",
        check: "value",
        reason: "unstorable",
        break: ({ edit }, { arn, name }) => edit(arn, { username: `${name} ` }),
        cure: ({ edit }, { arn, name }) => edit(arn, { username: name }),
      },
    ],
  );
});

describe("the two users", () => {
  testBroken(
    () => master,
    [
      statement("the master lacks CREATE USER", "plan", "missing-privilege", (user) => [
        `REVOKE CREATE USER ON *.* FROM '${user.master}'@'%'`,
      ]),
      statement("the master may not read the grants", "plan", "missing-privilege", (user) => [
        `REVOKE SELECT ON mysql.* FROM '${user.master}'@'%'`,
      ]),
      statement("the master may not grant what the user has", "plan", "missing-privilege", ({ name }) => [
        `CREATE DATABASE other_${name}`,
        `GRANT SELECT, INSERT ON other_${name}.* TO '${name}'@'%'`,
      ]),
      statement(
        "the alternate user exists without an ownership marker",
        "plan",
        "user-not-owned",
        ({ clone }) => [`CREATE USER '${clone}'@'%' IDENTIFIED BY 'somebody else''s'`],
      ),
      statement("the alternate user is locked", "plan", "account-locked", ({ name, clone }) => [
        `CREATE USER '${clone}'@'%' IDENTIFIED BY 'x' ACCOUNT LOCK ATTRIBUTE '{"rotation_clone_of": "${name}"}'`,
      ]),
      statement(
        "the alternate user to be created is the DEFINER of a view",
        "plan",
        "user-not-owned",
        ({ name, clone }) => [
          `CREATE DEFINER = '${clone}'@'%' SQL SECURITY INVOKER VIEW app.view_${name} AS SELECT 1`,
        ],
        ({ name }) => [`DROP VIEW app.view_${name}`],
      ),
      statement(
        "the user has accounts that differ",
        "plan",
        "unsupported",
        ({ name }) => [`CREATE USER '${name}'@'10.0.0.1' IDENTIFIED BY 'x'`],
        ({ name }) => [`DROP USER '${name}'@'10.0.0.1'`],
      ),
      statement(
        "the master is locked",
        "master-login",
        "account-locked",
        (user) => [`ALTER USER '${user.master}'@'%' ACCOUNT LOCK`],
        (user) => [`ALTER USER '${user.master}'@'%' ACCOUNT UNLOCK`],
      ),
    ],
  );

  test("shows the plan of the next setSecret as statements", async () => {
    const user = await master.newUser();
    const { details } = checkOf(await master.report(user.arn), "plan");
    expect(details[0]).toContain("does not exist and is created");
    expect(details.join("\n")).toContain(`CREATE USER '${user.clone}'@'%'`);
    expect(details.join("\n")).toContain("<password>");
  });
});
