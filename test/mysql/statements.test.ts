import { createConnection } from "mysql2/promise";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startMysqlDatabase } from "../../local/servers/mysql/database.ts";

let database: Awaited<ReturnType<typeof startMysqlDatabase>>;
beforeAll(async () => {
  database = await startMysqlDatabase({ plainConnections: true });
  await database.createUser("app", "first");
  await database.createUser("other", "first");
});
afterAll(() => database[Symbol.asyncDispose]());

it("counts what one user said", async () => {
  const { host, port } = database.address;
  const session = async (user: string) => await createConnection({ host, port, user, password: "first" });
  await using one = await session("app");
  await using two = await session("other");
  await one.query("SELECT 1");
  await two.query("SELECT 2");
  await one.query("SELECT '\n2026-01-01T00:00:00.0Z\t 1 Query\tnot a row of the log'");
  expect(await database.server.statements("app")).toBe(2);
  expect(await database.server.statements("other")).toBe(1);
  expect(await database.server.statements("nobody")).toBe(0);
});
