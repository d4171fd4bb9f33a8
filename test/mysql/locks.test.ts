import { hash } from "node:crypto";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { openGate } from "../contract/support/gate.ts";
import { startMariadbLab } from "../mariadb/given.ts";
import { cloneOf, failure, type Lab, MASTER, OWN, startLab } from "./given.ts";

const nameOf = (subject: string) => `rotation ${hash("sha256", subject).slice(0, 32)}`;

describe.each([
  ["MySQL", () => startLab({ plainConnections: true })],
  ["MariaDB", () => startMariadbLab(undefined, { plainConnections: true })],
] as const)("locks, %s", async (product, start) => {
  const lab: Lab = await start();
  const { engine, database, sql, newAccount, prepare, log, login, invocation } = lab;
  afterAll(() => lab[Symbol.asyncDispose]());
  beforeEach(() => void log.splice(0));

  const accepts = (username: string, ...passwords: string[]) =>
    Promise.all(passwords.map((password) => database.accepts(username, password)));

  /** A session of the admin user in a step that has so many milliseconds left. */
  async function admin(milliseconds: number, changes = {}) {
    const opened = await engine.connect(
      login(MASTER.username, MASTER.password, changes),
      invocation(milliseconds),
    );
    return opened ?? expect.fail("The server does not let the master in.");
  }

  /** A tenant of the server that holds a lock, and the number of the tenant's connection. */
  async function holding(subject: string) {
    const tenant = await newAccount();
    const session = await lab.session(tenant.username, tenant.password);
    const [[got, id] = []] = await session.rows(`SELECT GET_LOCK('${nameOf(subject)}', 0), CONNECTION_ID()`);
    expect(got).toBe("1");
    return { id, [Symbol.asyncDispose]: () => session[Symbol.asyncDispose]() };
  }

  test("a pair whose lock is held is refused with the connection that holds it, and the printed KILL helps", async () => {
    const { username } = await newAccount();
    const pair = cloneOf(username);
    await using holder = await holding([pair.current, pair.alternate].sort().join("\n"));
    await using master = await admin(3000);

    const refused = await failure(prepare(pair, "pending", { master }));

    expect(refused.reason).toBe("locked");
    expect(refused.message).toContain(`KILL ${holder.id}`);
    await sql(/(KILL \d+)/.exec(refused.message)?.[1] ?? "");
    await prepare(pair, "pending");
  });

  test("a user's own lock that is held: MySQL goes on, since the change is a compare-and-swap; MariaDB refuses", async () => {
    const { username, password } = await newAccount();
    await using holder = await holding(`'${username}'@'%'`);
    const own = await engine.connect(login(username, password), invocation(4000));
    await using session = own ?? expect.fail();
    const work = session.changeOwnPassword("second", OWN);

    if (product === "MySQL") {
      expect(await work).toBe("ended");
      expect(log.join("\n")).toContain(`connection ${holder.id}, holds the lock`);
      expect(await accepts(username, password, "second")).toEqual([false, true]);
    } else {
      expect((await failure(work)).message).toContain(`KILL ${holder.id}`);
      expect(await accepts(username, password, "second")).toEqual([true, false]);
    }
  });

  test.each([1105, 1235])(
    "a server that forbids GET_LOCK with error %i, as clusters do: goes on with a warning",
    async (number) => {
      const { username, password } = await newAccount();
      await using gate = await openGate(database.server.port);
      // The same length, so that the text is still one packet.
      gate.rewriteRequest = (chunk) => {
        const text = chunk.toString("latin1");
        const statement = /SELECT GET_LOCK\(.*\)$/.exec(text)?.[0] ?? "";
        const forbidden = `SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = ${number}`.padEnd(statement.length);
        return statement === "" ? chunk : Buffer.from(text.replace(statement, forbidden), "latin1");
      };
      const own = await engine.connect(
        login(username, password, { port: gate.port, tls: false }),
        invocation(),
      );
      await using session = own ?? expect.fail();

      expect(await session.changeOwnPassword("second", OWN)).toBe("ended");

      expect(log.join("\n")).toContain("forbids GET_LOCK");
      expect(await accepts(username, password, "second")).toEqual([false, true]);
    },
  );

  test("waits for locks end before the step does, also after a long wait for GET_LOCK", async () => {
    const { username, password } = await newAccount();
    const own = await engine.connect(login(username, password), invocation(6000));
    await using session = own ?? expect.fail();
    const variable = product === "MySQL" ? "lock_wait_timeout" : "max_statement_time";
    const limit = async () => Number((await session.rows(`SELECT @@SESSION.${variable}`))[0]?.[0]);
    const before = await limit();
    await new Promise((resolve) => setTimeout(resolve, 1500));

    await session.renewTimeouts();

    expect(before).toBeLessThanOrEqual(2.7);
    expect(await limit()).toBeLessThan(before === 1 ? 2 : before);
  });
});
