import { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startPostgresDatabase } from "../../local/servers/postgres/database.ts";
import { countStatements } from "../../local/servers/postgres/statements.ts";

let database: Awaited<ReturnType<typeof startPostgresDatabase>>;
beforeAll(async () => {
  database = await startPostgresDatabase({ settings: { log_statement: "all" }, plainConnections: true });
  await database.createUser("app.x", "first");
  await database.createUser("appyx", "first");
});
afterAll(() => database[Symbol.asyncDispose]());

it("counts the messages that one user sent", async () => {
  for (const [user, statements] of [
    ["app.x", ["SELECT 1; SELECT 2", "SELECT 'LOG:  statement: no'"]],
    ["appyx", ["SELECT 3"]],
  ] as const) {
    const client = new Client({ ...database.address, database: "postgres", user, password: "first" });
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.query("SELECT $1::int", [4]);
    await client.end();
  }
  const log = await database.server.log();
  expect(countStatements(log, "app.x")).toBe(3);
  expect(countStatements(log, "appyx")).toBe(2);
  expect(countStatements(log, "app")).toBe(0);
});
