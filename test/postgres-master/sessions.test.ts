import { setTimeout as wait } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { failedRotation } from "../support/failures.ts";
import { untilBlocked } from "../support/sessions.ts";
import { invocation, openSession, pairOf } from "./engine-session.ts";
import { startLab } from "./lab.ts";
import { column, newPair, rotated, startMasterStack, type Users, whoIs } from "./pairs.ts";

await using started = new AsyncDisposableStack();
const labs = await Promise.all(
  ["18", "16.4", "15"].map(async (version) => {
    const lab = started.use(await startLab({ version, plainConnections: true }));
    await lab.server.query("CREATE DATABASE other");
    return Object.assign(lab, { version });
  }),
);
const cleanUp = started.move();

afterAll(() => cleanUp.disposeAsync());

describe.for(labs)("PostgreSQL $version", ({ server, database, stack, fixture, version }) => {
  const isNewest = version === "18";
  const pairNamed = ({ username, clone }: Users) =>
    ({ current: username, alternate: clone, clone: "alternate" }) as const;

  test("the owner of a database does not decide what the master user acts as", async () => {
    const users = await newPair(fixture);
    const { username, clone, master } = users;
    const owner = `owner_of_${username}`;
    await server.query(
      `CREATE ROLE ${owner} CREATEROLE; GRANT ${owner} TO ${master.username};
       ALTER DATABASE other SET role TO ${owner}`,
    );
    const { arn } = await newPair(fixture, { username: `${username}_2`, secret: { dbname: "other" } });
    await server.query(`GRANT ${owner} TO admin_${Number(username.slice(5)) + 1}`);

    expect(await stack.rotate(arn)).toEqual({ succeeded: true, error: undefined });

    expect(
      await column(
        server,
        `SELECT count(*)::int FROM pg_auth_members WHERE member = '${owner}'::regrole OR grantor = '${owner}'::regrole`,
      ),
    ).toEqual([0]);
    expect(await column(server, `SELECT count(*)::int FROM pg_roles WHERE rolname = '${clone}'`)).toEqual([
      0,
    ]);
    await server.query("ALTER DATABASE other RESET role");
  });

  const onEveryRelease = ["statement_timeout TO '1ms'"];
  const onNewestRelease = [
    ...onEveryRelease,
    "lock_timeout TO '1ms'",
    "idle_in_transaction_session_timeout TO '1ms'",
    "idle_session_timeout TO '1ms'",
    "default_transaction_isolation TO serializable",
    "default_transaction_read_only TO on",
    "search_path TO public, pg_temp",
    "standard_conforming_strings TO off",
    "DateStyle TO 'German'",
  ];
  const settings = isNewest ? onNewestRelease : onEveryRelease;
  test.for(settings)(
    "rotates where the master user and the database have the setting %s",
    async (setting) => {
      const users = await newPair(fixture, { secret: { dbname: "other" } });
      await server.query(`ALTER ROLE ${users.username} VALID UNTIL '2030-06-01 12:00+02' CONNECTION LIMIT 7`);
      await server.query(
        `ALTER ROLE ${users.master.username} SET ${setting}; ALTER DATABASE other SET ${setting}`,
      );

      for (let rotation = 1; rotation <= 2; rotation++) await rotated(fixture, users);

      const limits = "SELECT DISTINCT rolvaliduntil, rolconnlimit FROM pg_roles WHERE rolname IN ($1, $2)";
      expect((await server.query(limits, [users.username, users.clone])).rows).toHaveLength(1);
      await server.query("ALTER DATABASE other RESET ALL");
    },
  );

  test("a rotation waits for one of the same user that uses another database, and finds what that has changed", async () => {
    const users = await newPair(fixture);
    await rotated(fixture, users);
    await rotated(fixture, users);
    const { username, password } = users.master;
    using invoked = invocation();
    await using here = await openSession(database, username, password, invoked);
    await using there = await openSession(database, username, password, invoked, "other");
    const order: string[] = [];

    const first = pairOf.exclusively(here, pairNamed(users), async () => {
      order.push("first begins");
      await untilBlocked(server, username, 1);
      order.push("first ends");
    });
    while (order.length === 0) await wait(5);
    const second = pairOf.exclusively(there, pairNamed(users), async () => void order.push("second"));
    await Promise.all([first, second]);

    expect(order).toEqual(["first begins", "first ends", "second"]);
  });

  test("of two first rotations in different databases, one creates the clone and the other one finds it", async () => {
    const users = await newPair(fixture);
    const { username, password } = users.master;
    using invoked = invocation();
    await using here = await openSession(database, username, password, invoked);
    await using there = await openSession(database, username, password, invoked, "other");
    let created = 0;
    const create = (session: typeof here) =>
      pairOf.exclusively(session, pairNamed(users), async () => {
        const [row] = await session.sql.query(
          `SELECT count(*)::int AS count FROM pg_catalog.pg_roles WHERE rolname = '${users.clone}'`,
        );
        if (row?.count === 0) {
          await session.sql.query(`CREATE ROLE ${users.clone}`);
          created++;
          await wait(100);
        }
      });

    await Promise.all([create(here), create(there)]);

    expect(created).toBeGreaterThanOrEqual(1);
    expect(
      await column(server, `SELECT count(*)::int FROM pg_roles WHERE rolname = '${users.clone}'`),
    ).toEqual([1]);
  });

  if (isNewest)
    test("a lock that others hold is told as such, before the deadline, and nothing has changed", async () => {
      const timeoutSeconds = 4;
      await using hurried = await startMasterStack(database, { timeoutSeconds });
      const own = { database, stack: hurried };
      const users = await newPair(own);
      await rotated(own, users);
      await using holder = await server.connect();
      await holder.query(`BEGIN; ALTER ROLE ${users.username} CONNECTION LIMIT 5`);

      const failure = await failedRotation(hurried, users.arn);

      expect(failure).toMatchObject({ step: "setSecret", reason: "locked" });
      expect(failure.milliseconds).toBeLessThan(timeoutSeconds * 1000);
      await holder.query("ROLLBACK");
      expect((await whoIs(own, users)).login).toBe(users.clone);
    });
});
