import { once } from "node:events";
import { connect, createServer } from "node:net";
import { afterAll, describe, expect, test } from "vitest";
import { startMariadbLab } from "../mariadb/given.ts";
import { failure, type Lab, OWN, startLab } from "./given.ts";

/** Accepts connections at once, and hands each on after a while, as a database that is resuming does. */
async function resuming(target: number, milliseconds: number) {
  const server = createServer((client) => {
    const timer = setTimeout(() => {
      const upstream = connect(target, "127.0.0.1");
      upstream.on("error", () => client.destroy()).on("close", () => client.destroy());
      client.pipe(upstream).pipe(client);
    }, milliseconds);
    client.on("error", () => {}).on("close", () => clearTimeout(timer));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number }; // Of TCP servers it is no string.
  return { port, [Symbol.dispose]: () => void server.close() };
}

describe.each([
  ["MySQL", () => startLab()],
  ["MariaDB", () => startMariadbLab()],
] as const)("a server that accepts a connection and answers late, %s", async (_, start) => {
  const lab: Lab = await start();
  const { engine, database, login, invocation, newAccount, log } = lab;
  afterAll(() => lab[Symbol.asyncDispose]());

  test("is waited for within the step's time, and the log has how long it took", {
    timeout: 60_000,
  }, async () => {
    const { username, password } = await newAccount();
    using slow = await resuming(database.server.port, 6_000);

    const opened = await engine.connect(login(username, password, { port: slow.port }), invocation(30_000));
    await using session = opened ?? expect.fail("The server lets the user in.");
    await session.changeOwnPassword("second", OWN);

    expect(log.join("\n")).toMatch(/login of .* took [67] s/);
    expect(await database.accepts(username, "second")).toBe(true);
  });

  test("is told as one that accepts connections, if it answers after the step's time", async () => {
    const { username, password } = await newAccount();
    using slow = await resuming(database.server.port, 20_000);

    const refused = await failure(
      engine.connect(login(username, password, { port: slow.port }), invocation(2000)) as Promise<unknown>,
    );

    expect(refused.reason).toBe("unavailable");
    expect(refused.message).toContain("accepted the connection");
    expect(refused.message).not.toContain("security group");
  });
});
