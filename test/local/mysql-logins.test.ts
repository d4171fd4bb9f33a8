import { createConnection } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ServedDatabase } from "../../local/servers/mysql-family/database.ts";
import { mysqlServers } from "./mysql-servers.ts";

for (const { name, available, startDatabase } of await mysqlServers()) {
  describe.skipIf(!available)(`${name} counts logins`, () => {
    let database: ServedDatabase;
    beforeAll(async () => {
      database = await startDatabase({ plainConnections: true });
    });
    afterAll(() => database[Symbol.asyncDispose]());

    const connect = (user: string, password = "right", dbname?: string) =>
      createConnection({ host: "localhost", port: database.address.port, user, password, database: dbname });

    /** Result of a login for the client: undefined, or the number of the error. */
    async function login(...parameters: Parameters<typeof connect>): Promise<unknown> {
      try {
        await using _session = await connect(...parameters);
        return undefined;
      } catch (error) {
        return error instanceof Error && "errno" in error ? error.errno : error;
      }
    }

    it.each([
      "app",
      'o\'hara "the" %u\\t',
      "two words",
      "café 用户",
      "a.b*c+(d)[e]{f}|^$",
      "app@localhost",
      "%",
      "_",
      "a@localhost on b using TCP/IP",
      "tab\tand\nline",
    ])("of %j", async (username) => {
      await database.createUser(username, "right");
      expect([await login(username), await login(username, "wrong"), await login(username)]).toEqual([
        undefined,
        1045,
        undefined,
      ]);
      expect(await database.logins(username)).toEqual({ accepted: 2, rejected: 1 });
      expect(await database.logins(`${username}_clone`)).toEqual({ accepted: 0, rejected: 0 });
    });

    it("of a user that does not exist", async () => {
      expect(await login("nobody at all")).toBe(1045);
      expect(await database.logins("nobody at all")).toEqual({ accepted: 0, rejected: 1 });
    });

    it("with the right password as rejected when something else forbids them", async () => {
      for (const username of ["locked", "limited", "misplaced", "certified"])
        await database.createUser(username, "right");
      await database.server.query("ALTER USER locked ACCOUNT LOCK");
      await database.server.query("ALTER USER limited WITH MAX_CONNECTIONS_PER_HOUR 1");
      await database.server.query("ALTER USER certified REQUIRE X509");
      expect(await login("locked")).toBe(name === "MySQL" ? 3118 : 4151);
      expect(await login("certified")).toBe(1045);
      expect(await login("misplaced", "right", "mysql")).toBe(1044);
      expect([await login("limited"), await login("limited")]).toEqual([undefined, 1226]);
      for (const username of ["locked", "misplaced", "certified"])
        expect(await database.logins(username)).toEqual({ accepted: 0, rejected: 1 });
      expect(await database.logins("limited")).toEqual({ accepted: 1, rejected: 1 });
    });

    it("of sessions that are open and have said nothing, and of those that fail afterward", async () => {
      await database.createUser("silent", "right");
      await using session = await connect("silent");
      expect(await database.logins("silent")).toEqual({ accepted: 1, rejected: 0 });
      await expect(session.query("SELECT missing")).rejects.toThrow();
      await expect(session.query("USE mysql")).rejects.toMatchObject({ errno: 1044 });
      expect(await database.logins("silent")).toEqual({ accepted: 1, rejected: 0 });
    });

    it("of a user that a session changes to", async () => {
      await database.createUser("before", "right");
      await database.createUser("after", "right");
      await using session = await connect("before");
      await session.changeUser({ user: "after", password: "right" });
      expect(await database.logins("before")).toEqual({ accepted: 1, rejected: 0 });
      expect(await database.logins("after")).toEqual({ accepted: 1, rejected: 0 });
    });

    it("across a restart, after which the ids of connections begin anew", async () => {
      await database.createUser("patient", "right");
      for (let i = 0; i < 3; i++) await login("patient", "wrong");
      await database.server.restart();
      const sessions = [];
      for (let i = 0; i < 30; i++) sessions.push(await connect("patient"));
      expect(await database.logins("patient")).toEqual({ accepted: 30, rejected: 3 });
      for (const session of sessions) await session.end();
      expect(await database.logins("patient")).toEqual({ accepted: 30, rejected: 3 });
    });
  });
}
