import { afterAll, describe, expect, test } from "vitest";
import { startMariadbLab } from "../mariadb/given.ts";
import { type Lab, startLab } from "./given.ts";
import { sweep, variablesOf } from "./variable-sweep.ts";

describe.each([
  ["MySQL", () => startLab()],
  ["MariaDB", () => startMariadbLab()],
] as const)("every variable that a session of the server has, %s", async (_, start) => {
  const lab: Lab = await start();
  // It keeps the variables that it has begun with.
  const root = await lab.database.server.connect();
  afterAll(async () => {
    await root.end();
    await lab[Symbol.asyncDispose]();
  });

  test("a rotation succeeds with every value, or the error names the variable", {
    timeout: 300_000,
  }, async () => {
    expect((await variablesOf(lab)).length).toBeGreaterThan(100);

    const outcomes = await sweep(lab, root);

    const tried = new Set(outcomes.flatMap(({ settings }) => settings.map(({ name }) => name)));
    expect(tried.size).toBeGreaterThan(100);
    const silent = outcomes.filter(
      ({ settings: [setting], message }) => message !== undefined && !message.includes(String(setting?.name)),
    );
    expect(silent).toEqual([]);
  });
});
