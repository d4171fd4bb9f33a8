import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { engineContract } from "../engine-contract.ts";
import { startContractServer } from "../postgres-server.ts";
import { minimal } from "./engine.ts";

/** Lines that an engine for the single-user strategy may take, on a driver that exists. */
const MOST_LINES = 200;

engineContract(minimal, startContractServer);

it(`an engine for the single-user strategy takes at most ${MOST_LINES} lines`, () => {
  const folder = import.meta.dirname;
  const files = ["engine.ts", "scram.ts"];
  const texts = files.map((name) => readFileSync(join(folder, name), "utf8"));
  const lines = texts.map((text) => text.trimEnd().split("\n").length);
  expect(lines.reduce((sum, one) => sum + one)).toBeLessThanOrEqual(MOST_LINES);
  // It stands on its own: what it took from another engine would not be counted.
  for (const text of texts) expect(text).not.toMatch(/from ".*functions\//);
});
