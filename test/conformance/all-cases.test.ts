import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CASES } from "./cases.ts";

test("runs every case of the table as one test", async () => {
  const titles: string[] = [];
  for (const file of await readdir(import.meta.dirname)) {
    if (!file.endsWith(".test.ts")) continue;
    const source = await readFile(join(import.meta.dirname, file), "utf8");
    for (const [, id = ""] of source.matchAll(/^conform\(\s*"([A-Z][0-9]+[bc]?) /gm)) titles.push(id);
  }
  expect(CASES).toHaveLength(101);
  expect(new Set(CASES).size).toBe(101);
  expect(titles.sort()).toEqual([...CASES].sort());
});
