import { afterAll, describe, expect, test } from "vitest";
import { startMariadbLab } from "../mariadb/given.ts";
import { type Lab, startLab } from "./given.ts";
import { byInitConnect, globally, sweep } from "./variable-sweep.ts";

describe.each([
  ["MySQL", () => startLab()],
  ["MariaDB", () => startMariadbLab()],
] as const)("every variable that a session of the server has, %s", async (_, start) => {
  const lab: Lab = await start();
  // This session keeps the variables with which it began.
  const root = await lab.database.server.connect();
  afterAll(async () => {
    await root.end();
    await lab[Symbol.asyncDispose]();
  });

  test.each([
    ["SET GLOBAL", async () => globally(root)],
    ["init_connect", async () => await byInitConnect(lab, root)],
  ] as const)(
    "a rotation succeeds with every value that %s sets, or the error names the variable",
    { timeout: 300_000 },
    async (_by, setterOf) => {
      const setter = await setterOf();

      const outcomes = await sweep(lab, root, setter);

      const tried = new Set(outcomes.flatMap(({ settings }) => settings.map(({ name }) => name)));
      expect(tried.size).toBeGreaterThan(100);
      const silent = outcomes.filter(
        ({ settings: [setting], message }) =>
          message !== undefined && !message.includes(String(setting?.name)),
      );
      expect(silent).toEqual([]);
    },
  );
});
