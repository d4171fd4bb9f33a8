import { afterAll, expect, test } from "vitest";
import { preparePair } from "../../shared/strategies/prepare-pair.ts";
import { startDatabase } from "../support/fixture.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { invocation, openSession, pairOf } from "./engine-session.ts";

await using started = new AsyncDisposableStack();
const database = started.use(await startDatabase({ plainConnections: true }));
const { server } = database;
/** In place of each statement that changes a password, the server hears one that fails as credcheck's reuse policy does. */
const refusing = `DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'invalid_authorization_specification'; END $$`;
const proxy = started.use(
  await startTcpProxy(server.port, undefined, (sent) => {
    const text = sent.toString("latin1");
    const [statement = ""] = /ALTER ROLE "app_clone" PASSWORD '[^']+'/.exec(text) ?? [];
    return statement === ""
      ? sent
      : Buffer.from(
          text.replace(statement, () => refusing.padEnd(statement.length)),
          "latin1",
        );
  }),
);
const cleanUp = started.move();

afterAll(() => cleanUp.disposeAsync());

const pair = { current: "app", alternate: "app_clone", clone: "alternate" } as const;

async function prepare(port: number, password: string): Promise<readonly string[]> {
  using invoked = invocation();
  const through = { ...database, server: { ...server, port } };
  await using current = await openSession(through, "app", "password", invoked);
  await using admin = await openSession(through, "admin", "password", invoked);
  await preparePair(pairOf, { admin, current }, pair, password, {
    confirm: () => Promise.resolve(),
    isPossessed: () => Promise.resolve(false),
    log: invoked.log,
  });
  return invoked.logged;
}

test("a login decides where the server refuses the pending password, which the alternate user has already", async () => {
  for (const statement of [
    "CREATE ROLE app LOGIN PASSWORD 'password'",
    "CREATE ROLE admin LOGIN CREATEROLE PASSWORD 'password'",
    "GRANT app TO admin WITH ADMIN OPTION",
  ]) {
    await server.query(statement);
  }
  await prepare(server.port, "pending");
  await server.query("ALTER ROLE app CONNECTION LIMIT 7");

  const logged = await prepare(proxy.port, "pending");

  expect(logged).toContain("The server refuses the pending password, which the alternate user has already");
  // What else was to be changed is changed.
  const { rows } = await server.query("SELECT rolconnlimit FROM pg_roles WHERE rolname = 'app_clone'");
  expect(rows).toEqual([{ rolconnlimit: 7 }]);
  await expect(prepare(proxy.port, "another")).rejects.toMatchObject({ reason: "password-refused" });
});
