import { afterAll, describe, expect, test } from "vitest";
import { failedRotation } from "../support/failures.ts";
import { startDatabase, startPostgresStack } from "../support/fixture.ts";
import { reattempt } from "../support/operator.ts";
import { rescue } from "../support/rescue.ts";
import { newUser, storedPassword } from "../support/users.ts";

/** What a password is stored as follows from how the login was authenticated, whatever password_encryption says. */

await using started = new AsyncDisposableStack();
const database = started.use(
  await startDatabase({
    settings: { password_encryption: "md5" },
    accessRules: [
      "hostssl all +rds_iam all reject",
      "hostssl all +by_md5 all md5",
      "hostssl all +by_password all password",
      "hostssl all postgres,+admins all md5",
    ],
  }),
);
const stack = started.use(await startPostgresStack(database));
const cleanUp = started.move();
const { server } = database;
const fixture = { database, stack };
await server.query("CREATE ROLE rds_iam; CREATE ROLE by_md5; CREATE ROLE by_password; CREATE ROLE admins");

afterAll(() => cleanUp.disposeAsync());

async function storeAs(encryption: string, username: string, password: string): Promise<void> {
  await using administrator = await server.connect();
  await administrator.query(`SET password_encryption TO '${encryption}'`);
  await administrator.query(`ALTER ROLE ${username} PASSWORD '${password}'`);
}

describe("with password_encryption = md5 a rotation stores", () => {
  test.for([
    ["a SCRAM verifier where a scram-sha-256 line let the user in", undefined, "scram-sha-256", "SCRAM"],
    ["a SCRAM verifier where a password line let the user in", "by_password", "md5", "SCRAM"],
    ["an md5 verifier where the server asked the user for md5", "by_md5", "md5", "md5"],
    ["a SCRAM verifier where the user had one behind an md5 line", "by_md5", "scram-sha-256", "SCRAM"],
  ] as const)("%s", async ([, group, before, after]) => {
    const user = await newUser(fixture);
    if (group) await server.query(`GRANT ${group} TO ${user.username}`);
    await storeAs(before, user.username, user.password);

    for (let rotation = 1; rotation <= 2; rotation++) {
      expect(await stack.rotate(user.arn)).toEqual({ succeeded: true, error: undefined });
    }

    expect((await storedPassword(server, user.username)).startsWith(after)).toBe(true);
  });
});

test("reset stores a SCRAM verifier if the server lets the user in with nothing else", async () => {
  const master = { username: "master", password: "of the master" };
  await server.query(`CREATE ROLE master LOGIN CREATEROLE IN ROLE admins`);
  await storeAs("md5", master.username, master.password);
  const masterarn = await stack.createSecret("master", { ...database.address, ...master });
  const user = await newUser(fixture, { secret: { masterarn } });
  await server.query(`GRANT ${user.username} TO master WITH ADMIN OPTION`);
  await server.query(`ALTER ROLE ${user.username} PASSWORD 'another one'`);

  const reset = await rescue(stack, ["reset", "--secret-id", user.arn, "--yes"], { caFile: database.caFile });

  expect(reset, reset.stderr).toMatchObject({ exitCode: 0 });
  expect(await storedPassword(server, user.username)).toMatch(/^SCRAM/);
  expect((await stack.rotate(user.arn)).succeeded).toBe(true);
});

test("a member of rds_iam, whose password logins the server refuses, is told with the REVOKE that works", async () => {
  const user = await newUser(fixture);
  await storeAs("scram-sha-256", user.username, user.password);
  await server.query(`GRANT rds_iam TO ${user.username}`);

  const { reason, message } = await failedRotation(stack, user.arn);

  expect(reason).toBe("login-not-allowed");
  const [revoke = ""] = /REVOKE rds_iam FROM "\w+"/.exec(message) ?? [];
  await server.query(revoke);
  expect(await reattempt(stack, user.arn)).toBe(true);
});
