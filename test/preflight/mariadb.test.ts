import { afterAll, beforeAll, describe } from "vitest";
import { startMariadbDatabase } from "../../local/servers/mariadb/database.ts";
import { testBroken } from "./broken.ts";
import { openWorld, type World } from "./world.ts";

const cleanUp = new AsyncDisposableStack();
let single: World;
let master: World;

beforeAll(async () => {
  const database = cleanUp.use(await startMariadbDatabase());
  single = cleanUp.use(await openWorld(database, "mariadb", "single-user"));
  master = cleanUp.use(await openWorld(database, "mariadb", "master-user"));
});
afterAll(() => cleanUp.disposeAsync());

describe("the user", () => {
  afterAll(() => single.sql("UNINSTALL SONAME 'simple_password_check'"));
  testBroken(
    () => single,
    [
      {
        title: "the account is locked",
        check: "login",
        reason: "account-locked",
        break: ({ sql }, { name }) => sql(`ALTER USER '${name}'@'%' ACCOUNT LOCK`),
        cure: "sql",
      },
      {
        title: "the server is read-only",
        check: "server",
        reason: "read-only",
        break: ({ sql }) => sql("SET GLOBAL read_only = ON"),
        cure: ({ sql }) => sql("SET GLOBAL read_only = OFF"),
      },
      {
        title: "the account has a second way to log in",
        check: "server",
        reason: "unsupported",
        break: async ({ sql, stack }, { arn, name }) =>
          sql(
            `ALTER USER '${name}'@'%' IDENTIFIED VIA mysql_native_password USING PASSWORD('${(await stack.value(arn)).password}') ` +
              "OR unix_socket",
          ),
        cure: async ({ sql, stack }, { arn, name }) =>
          sql(`ALTER USER '${name}'@'%' IDENTIFIED BY '${(await stack.value(arn)).password}'`),
      },
      {
        title: "the server checks passwords and takes no hash",
        check: "server",
        reason: "password-refused",
        break: ({ sql }) => sql("INSTALL SONAME 'simple_password_check'"),
        cure: async ({ configure }) => configure({ PASSWORD_IN_SQL: "plaintext" }),
      },
    ],
  );
});

describe("the two users", () => {
  testBroken(
    () => master,
    [
      {
        title: "the server checks passwords and takes no hash",
        check: "server",
        reason: "password-refused",
        break: ({ sql }) => sql("INSTALL SONAME 'simple_password_check'"),
        cure: ({ sql }) => sql("UNINSTALL SONAME 'simple_password_check'"),
      },
      {
        title: "the master lacks CREATE USER",
        check: "plan",
        reason: "missing-privilege",
        break: ({ sql }, { master: admin }) => sql(`REVOKE CREATE USER ON *.* FROM '${admin}'@'%'`),
        cure: "sql",
      },
      {
        title: "the alternate user exists without an ownership marker",
        check: "plan",
        reason: "user-not-owned",
        break: ({ sql }, { clone }) => sql(`CREATE USER '${clone}'@'%' IDENTIFIED BY 'somebody else''s'`),
        cure: "sql",
      },
      {
        title: "the master's password was changed",
        check: "master-login",
        reason: "login-rejected",
        break: ({ sql }, { master: admin }) => sql(`ALTER USER '${admin}'@'%' IDENTIFIED BY 'another one'`),
        cure: async ({ sql, stack }, { master: admin, masterArn }) =>
          sql(`ALTER USER '${admin}'@'%' IDENTIFIED BY '${(await stack.value(masterArn)).password}'`),
      },
    ],
  );
});
