import { afterAll, describe, expect, test } from "vitest";
import { startDatabase } from "../support/fixture.ts";
import { Application, install } from "./application.ts";
import {
  column,
  newPair,
  openCurrent,
  rotated,
  startMasterStack,
  type Users,
  warnings,
  whoIs,
} from "./pairs.ts";

const ROTATIONS = [1, 2, 3];

await using started = new AsyncDisposableStack();
const servers = await Promise.all(
  ["18", "15"].map(async (version) => {
    const database = started.use(await startDatabase({ version }));
    return { database, stack: started.use(await startMasterStack(database)), version };
  }),
);
const cleanUp = started.move();

afterAll(() => cleanUp.disposeAsync());

describe.for(servers)("PostgreSQL $version", (fixture) => {
  const { server } = fixture.database;

  async function installed(schema: string): Promise<{ users: Users; application: Application }> {
    const users = await newPair(fixture);
    for (const statement of install(users.username, schema)) await server.query(statement);
    return { users, application: new Application(schema) };
  }

  test("what either user of an application makes, both can use and change, through three rotations", async () => {
    const { users, application } = await installed("shop");
    {
      await using session = await openCurrent(fixture, users);
      await application.upgrade(session);
      await application.use(session);
    }

    for (const rotation of ROTATIONS) {
      await rotated(fixture, users);

      expect(await whoIs(fixture, users)).toEqual({
        login: rotation % 2 === 1 ? users.clone : users.username,
        acts: users.username,
      });
      await using session = await openCurrent(fixture, users);
      await application.use(session);
      await application.upgrade(session);
      await application.use(session);
    }

    await using administrator = await server.connect();
    expect(await application.owners(administrator)).toEqual({ owners: [users.username], readers: [true] });
    expect(warnings(fixture.stack, users)).toEqual([]);
  });

  test("a session that was opened before a rotation goes on working, and sees what is made afterward", async () => {
    const { users, application } = await installed("desk");
    await using before = await openCurrent(fixture, users);
    await application.upgrade(before);
    await rotated(fixture, users);
    await using after = await openCurrent(fixture, users);
    await application.upgrade(after);
    await rotated(fixture, users);

    await application.use(before);
    await application.use(after);
  });

  test("both users see the same rows where a policy asks for current_user", async () => {
    const { users, application } = await installed("forum");
    await using byBase = await openCurrent(fixture, users);
    await application.upgrade(byBase);
    await application.use(byBase);
    await rotated(fixture, users);
    await using byClone = await openCurrent(fixture, users);
    await application.use(byClone);

    expect(await application.visibleRows(byClone)).toEqual([2]);
    expect(await application.visibleRows(byBase)).toEqual([2]);
  });

  test("where a policy asks for session_user they do not, and the log says so and of which table", async () => {
    const { users } = await installed("club");
    await using byBase = await openCurrent(fixture, users);
    await byBase.query("CREATE TABLE club.members (who NAME DEFAULT session_user)");
    await byBase.query("ALTER TABLE club.members ENABLE ROW LEVEL SECURITY");
    await byBase.query("ALTER TABLE club.members FORCE ROW LEVEL SECURITY");
    await byBase.query("CREATE POLICY own ON club.members USING (true) WITH CHECK (who = session_user)");
    await byBase.query("INSERT INTO club.members DEFAULT VALUES");

    await rotated(fixture, users);

    await using byClone = await openCurrent(fixture, users);
    expect(await column(byClone, "SELECT session_user = ANY(ARRAY(SELECT who FROM club.members))")).toEqual([
      false,
    ]);
    expect(warnings(fixture.stack, users)).toEqual([
      expect.stringMatching(/^Row policies on club\.members ask for session_user, which is user_\d+_clone/),
    ]);
    await server.query("DROP TABLE club.members");
  });

  test("RESET ROLE, RESET ALL and a pooler's DISCARD ALL leave a clone acting as the base user", async () => {
    const { users } = await installed("pool");
    await rotated(fixture, users);
    await using session = await openCurrent(fixture, users);

    for (const clean of ["RESET ROLE", "RESET ALL", "DISCARD ALL", "SET SESSION AUTHORIZATION DEFAULT"]) {
      await session.query(clean);
      expect(await column(session, "SELECT current_user"), clean).toEqual([users.username]);
    }
  });

  test("an application that sets a role of its own may set the same ones in the clone", async () => {
    const { users } = await installed("roles");
    await server.query("CREATE ROLE roles_batch");
    await server.query(`GRANT roles_batch TO ${users.username}`);
    await rotated(fixture, users);
    await using session = await openCurrent(fixture, users);

    await session.query("SET ROLE roles_batch");

    expect(await column(session, "SELECT current_user")).toEqual(["roles_batch"]);
  });
});
