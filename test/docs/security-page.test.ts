import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");
const page = readFileSync(join(ROOT, "SECURITY.md"), "utf8");

test("the threat model is one page, and every file that it calls to witness is there", () => {
  const links = [...page.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, file = ""]) => file);

  expect(page.split("\n").length).toBeLessThanOrEqual(135);
  expect(links.length).toBeGreaterThan(15);
  expect(links.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});

test("it says what everybody may do whom a policy is for", () => {
  for (const policy of ["read-secret", "trigger-rotation", "configure-rotation", "protect-secret"]) {
    expect(page).toContain(`policies/${policy}.json`);
  }
});
