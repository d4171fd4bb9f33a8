import { afterAll, describe, expect, test } from "vitest";
import { startDrivenStack } from "../support/driven.ts";
import { startDatabase } from "../support/fixture.ts";
import { untilGone } from "../support/sessions.ts";
import { startCuttingProxy } from "./cutting-proxy.ts";
import { column, newTwins, openAs, openCurrent, type Twins, whoIs } from "./twins.ts";

/** More than setSecret has to say to the server as the master. */
const MOST = 100;

await using started = new AsyncDisposableStack();
const database = started.use(await startDatabase());
const proxy = started.use(await startCuttingProxy(database.address.port));
const driven = await startDrivenStack(database, { bundle: "postgres-master-user" });
const stack = started.use(driven.stack);
const cleanUp = started.move();
const fixture = { database, stack };
const { server } = database;
await server.query("CREATE TABLE facts (id INT)");

afterAll(() => cleanUp.disposeAsync());

async function twinsBehindProxy(): Promise<Twins> {
  const { port } = proxy;
  const twins = await newTwins(fixture, { secret: { port }, masterSecret: { port } });
  await server.query(`GRANT SELECT ON facts TO ${twins.username}`);
  await server.query(`ALTER ROLE ${twins.username} SET work_mem TO '5MB'`);
  await server.query(`ALTER ROLE ${twins.username} CONNECTION LIMIT 9`);
  return twins;
}

async function rolesOf({ username, clone }: Twins): Promise<unknown[]> {
  return column(
    server,
    `SELECT row(pg_authid, setconfig, array(SELECT roleid FROM pg_auth_members WHERE member = pg_authid.oid))::text
       FROM pg_authid LEFT JOIN pg_db_role_setting ON setrole = pg_authid.oid
      WHERE rolname IN ('${username}', '${clone}') ORDER BY 1`,
  );
}

/** Whoever is let in with the pending password may do all that the user may. */
async function expectComplete(twins: Twins, token: string): Promise<void> {
  const { username, password } = await stack.value(twins.arn, { VersionId: token });
  await using session = await openAs(database, String(username), String(password));
  await session.query("SELECT FROM facts");
  const settings = await session.query(
    "SELECT current_user AS acts, current_setting('work_mem') AS memory, rolconnlimit AS connections " +
      "FROM pg_roles WHERE rolname = session_user",
  );
  expect(settings.rows).toEqual([{ acts: twins.username, memory: "5MB", connections: 9 }]);
}

/**
 * Runs setSecret of one token again and again, and interrupts it at the first, second, third, … thing that it says to
 * the server as the master, until it has said everything.
 *
 * @returns how often the roles were afterwards as before, and how often the pending user was ready.
 */
async function interruptEverywhere(twins: Twins, token: string, interruption: Interruption) {
  const count = { untouched: 0, ready: 0 };
  for (let nth = 1; nth <= MOST; nth++) {
    const before = await rolesOf(twins);
    let struck: Promise<void> | undefined;
    proxy.interrupt(interruption.moment, nth, () => {
      struck = interruption.kills ? stack.rotationFunction.kill() : Promise.resolve();
    });
    const [outcome] = await Promise.allSettled([driven.invoke("setSecret", twins.arn, token)]);
    proxy.leaveAlone();
    await struck;
    // The server may still be at work for whoever is gone: what counts is what is there in the end.
    await untilGone(server, twins.master.username);
    await using current = await openCurrent(fixture, twins);
    await current.query("SELECT FROM facts");
    if (!struck) {
      expect(outcome).toEqual({ status: "fulfilled", value: undefined });
      return count;
    }
    if (String(before) === String(await rolesOf(twins))) {
      count.untouched++;
    } else {
      await expectComplete(twins, token);
      count.ready++;
    }
  }
  return expect.fail(`As the master setSecret says more than ${MOST} things.`);
}

interface Interruption {
  readonly how: string;
  /** Before the server gets what the function says, or before the function gets the answer. */
  readonly moment: "before" | "after";
  readonly kills: boolean;
}

const INTERRUPTIONS: Interruption[] = [
  { how: "the connection ends before", moment: "before", kills: false },
  { how: "the connection ends after", moment: "after", kills: false },
  { how: "the process is killed after", moment: "after", kills: true },
];

describe.for(INTERRUPTIONS)("$how each statement of setSecret", { timeout: 110_000 }, (interruption) => {
  test("AWSCURRENT logs in, the old state or a complete user is there, and a retry succeeds", async () => {
    const twins = await twinsBehindProxy();
    // For the server, before a statement is after the one before it: one turn shows what the function makes of that.
    const everyTurn = interruption.moment === "after" && !interruption.kills;
    const logins = [twins.clone, twins.username, twins.clone].slice(0, everyTurn ? 3 : 1);
    for (const [turn, login] of logins.entries()) {
      const token = await driven.stage(twins.arn);
      await driven.invoke("createSecret", twins.arn, token);

      const { untouched, ready } = await interruptEverywhere(twins, token, interruption);

      expect(untouched).toBeGreaterThan(turn === 1 ? 10 : 20);
      // Once the change is committed and the function does not know it; else only the goodbye is left to be said.
      expect(ready).toBeLessThanOrEqual(2);
      if (interruption.moment === "after") expect(ready).toBeGreaterThan(0);
      await expectComplete(twins, token);
      for (const step of ["testSecret", "finishSecret"] as const) await driven.invoke(step, twins.arn, token);
      expect(await whoIs(fixture, twins)).toEqual({ login, acts: twins.username });
    }
  });
});
