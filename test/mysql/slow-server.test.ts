import { afterAll, describe, expect, test } from "vitest";
import { startMariadbLab } from "../mariadb/given.ts";
import { startResuming } from "../support/resuming.ts";
import { failure, type Lab, OWN, startLab } from "./given.ts";

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
    await using slow = await startResuming(database.server.port, 6_000);

    const opened = await engine.connect(login(username, password, { port: slow.port }), invocation(30_000));
    await using session = opened ?? expect.fail("The server lets the user in.");
    await session.changeOwnPassword("second", OWN);

    expect(log.join("\n")).toMatch(/login of .* took [67] s/);
    expect(await database.accepts(username, "second")).toBe(true);
  });

  test("is told as one that accepts connections, if it answers after the step's time", async () => {
    const { username, password } = await newAccount();
    await using slow = await startResuming(database.server.port, 20_000);

    const refused = await failure(
      engine.connect(login(username, password, { port: slow.port }), invocation(2000)) as Promise<unknown>,
    );

    expect(refused.reason).toBe("unavailable");
    expect(refused.message).toContain("accepted the connection");
    expect(refused.message).not.toContain("security group");
  });
});
