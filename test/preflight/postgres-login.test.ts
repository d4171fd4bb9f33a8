import { describe } from "vitest";
import { type Broken, testBroken } from "./broken.ts";
import { edited, openPostgres } from "./postgres.ts";
import type { World } from "./world.ts";

const world = await openPostgres("single-user");

describe("the user", () => {
  const statement = (
    title: string,
    sql: (name: string) => string[],
    reason: string,
    cure: Broken["cure"] = "sql",
    check: Broken["check"] = "login",
  ): Broken => ({ title, check, reason, break: ({ sql: run }, { name }) => run(...sql(name)), cure });

  testBroken(
    () => world,
    [
      statement(
        "somebody changed the password",
        (name) => [`ALTER ROLE ${name} PASSWORD 'another one'`],
        "login-rejected",
        withPassword,
      ),
      statement(
        "the user was dropped",
        (name) => [`DROP ROLE ${name}`],
        "login-rejected",
        async (world, user) => {
          await world.sql(`CREATE ROLE ${user.name} LOGIN`);
          await withPassword(world, user);
        },
      ),
      statement(
        "the password has expired",
        (name) => [`ALTER ROLE ${name} VALID UNTIL '2020-01-01'`],
        "login-rejected",
        (world, { name }) => world.sql(`ALTER ROLE ${name} VALID UNTIL 'infinity'`),
      ),
      statement("the user has NOLOGIN", (name) => [`ALTER ROLE ${name} NOLOGIN`], "login-not-allowed"),
      statement(
        "the user's connections are used up",
        (name) => [`ALTER ROLE ${name} CONNECTION LIMIT 0`],
        "connection-limit",
        (world, { name }) => world.sql(`ALTER ROLE ${name} CONNECTION LIMIT -1`),
      ),
      statement(
        "the server's iterations are more than a function can do",
        (name) => [`ALTER ROLE ${name} SET scram_iterations = 2000000`],
        "unsupported",
        (world, { name }) => world.sql(`ALTER ROLE ${name} RESET scram_iterations`),
        "server",
      ),
      edited("the database does not exist", () => ({ dbname: "nowhere" }), "login", "missing-database"),
      {
        title: "the user may not connect to the database",
        check: "login",
        reason: "missing-privilege",
        break: async ({ sql, edit }, { arn, name }) => {
          await sql(
            `CREATE DATABASE closed_${name}`,
            `REVOKE CONNECT ON DATABASE closed_${name} FROM PUBLIC`,
          );
          await edit(arn, { dbname: `closed_${name}` });
        },
        cure: "sql",
      },
    ],
  );
});

async function withPassword(
  { sql, stack }: World,
  { arn, name }: { arn: string; name: string },
): Promise<void> {
  await sql(`ALTER ROLE ${name} PASSWORD '${(await stack.value(arn)).password}'`);
}
