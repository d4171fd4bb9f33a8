import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { countLogins } from "../../local/servers/postgres/logins.ts";
import { type PostgresServer, startPostgres } from "../../local/servers/postgres/server.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server[Symbol.asyncDispose]());

async function createUser(name: string, attributes = ""): Promise<void> {
  await server.query(`CREATE ROLE ${pg.escapeIdentifier(name)} LOGIN PASSWORD 'right' ${attributes}`);
}

/** Result of a login for the client: undefined, or the SQLSTATE of the refusal. */
async function login(user: string, password: string, database = "postgres"): Promise<string | undefined> {
  const { host, port } = server;
  const client = new pg.Client({ host, port, user, password, database });
  try {
    await client.connect();
    await client.end();
    return undefined;
  } catch (error) {
    return error instanceof pg.DatabaseError ? error.code : String(error);
  }
}

describe("countLogins", () => {
  it.each([
    "app",
    'o\'hara "the" %u\\t',
    "two words",
    "café 用户 🔑",
    "a.b*c+(d)[e]{f}|^$",
    "user=app database=postgres",
    "ops@example.com",
    "tab\tand\nline",
  ])("counts the logins of %j", async (name) => {
    await createUser(name);
    const before = (await server.log()).length;
    expect([await login(name, "right"), await login(name, "wrong"), await login(name, "right")]).toEqual([
      undefined,
      "28P01",
      undefined,
    ]);
    expect(countLogins((await server.log()).slice(before), name)).toEqual({ accepted: 2, rejected: 1 });
    expect(countLogins(await server.log(), `${name}_clone`)).toEqual({ accepted: 0, rejected: 0 });
  });

  it("counts the logins of a user that does not exist", async () => {
    expect(await login("nobody at all", "right")).toBe("28P01");
    expect(countLogins(await server.log(), "nobody at all")).toEqual({ accepted: 0, rejected: 1 });
  });

  it("counts a login with the right password as rejected if another rule forbids it", async () => {
    await createUser("locked");
    await server.query("ALTER ROLE locked NOLOGIN");
    await createUser("limited", "CONNECTION LIMIT 0");
    await createUser("expired", "VALID UNTIL '2001-01-01'");
    await server.query("CREATE DATABASE closed");
    await server.query("REVOKE CONNECT ON DATABASE closed FROM public");
    await createUser("outsider");
    expect(await login("locked", "right")).toBe("28000");
    expect(await login("limited", "right")).toBe("53300");
    expect(await login("expired", "right")).toBe("28P01");
    expect(await login("outsider", "right", "closed")).toBe("42501");
    expect(await login("outsider", "right", "nowhere")).toBe("3D000");
    const log = await server.log();
    for (const name of ["locked", "limited", "expired"]) {
      expect(countLogins(log, name), name).toEqual({ accepted: 0, rejected: 1 });
    }
    expect(countLogins(log, "outsider")).toEqual({ accepted: 0, rejected: 2 });
  });

  it("counts a login as accepted if the server ends its session later", async () => {
    await createUser("visitor");
    const { host, port } = server;
    const client = new pg.Client({ host, port, user: "visitor", password: "right", database: "postgres" });
    client.on("error", () => {});
    await client.connect();
    await server.query(
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'visitor'",
    );
    const log = await server.log();
    expect(log).toContain("terminating connection due to administrator command");
    expect(countLogins(log, "visitor")).toEqual({ accepted: 1, rejected: 0 });
  });
});
