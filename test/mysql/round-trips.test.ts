import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { startMariadbDatabase } from "../../local/servers/mariadb/database.ts";
import { startMysqlDatabase } from "../../local/servers/mysql/database.ts";
import { startStack } from "../../local/stack.ts";

describe.each([
  ["mysql", startMysqlDatabase],
  ["mariadb", startMariadbDatabase],
] as const)("statements of a master-user rotation, %s", (engine, start) => {
  test("at most 22 and one for each granted object in the first rotation, and 20 in the following ones", async () => {
    await using database = await start();
    await using stack = await startStack({
      bundle: `${engine}-master-user`,
      environment: { DATABASE_CA_FILE: database.caFile },
      service: { attempts: 1 },
    });
    const { server, address } = database;
    const password = randomUUID();
    await database.createUser("app", password);
    await database.createMaster("master", "master", "app");
    const objects = ["app.one", "app.two", "app.three"];
    for (const object of objects) {
      await server.query(`CREATE TABLE ${object} (id int)`);
      await server.query(`GRANT SELECT ON ${object} TO app`);
    }
    await server.query("ALTER USER app REQUIRE SSL WITH MAX_USER_CONNECTIONS 50");
    const masterarn = await stack.createSecret("master", {
      ...address,
      username: "master",
      password: "master",
    });
    const arn = await stack.createSecret("app", { ...address, username: "app", password, masterarn });
    const statements = async () => {
      const all = await Promise.all(["app", "app_clone", "master"].map((user) => server.statements(user)));
      return all.reduce((sum, count) => sum + count, 0);
    };

    const counts = [await statements()];
    for (let rotation = 1; rotation <= 3; rotation++) {
      expect(await stack.rotate(arn)).toEqual({ succeeded: true, error: undefined });
      counts.push(await statements());
    }

    const [first = 0, ...others] = counts.slice(1).map((count, index) => count - (counts[index] ?? 0));
    // The schema counts as an object, too.
    expect(first).toBeLessThanOrEqual(22 + objects.length + 1);
    expect(Math.max(...others)).toBeLessThanOrEqual(20);
  });
});
