import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");
const page = readFileSync(join(ROOT, "SECURITY.md"), "utf8");

test("is one page, and each file that it links to exists", () => {
  const links = [...page.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, file = ""]) => file);

  expect(page.split(/\s+/).length).toBeLessThanOrEqual(2200);
  expect(links.length).toBeGreaterThan(15);
  expect(links.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});

test("describes what each person with a policy may do", () => {
  for (const policy of ["read-secret", "trigger-rotation", "configure-rotation", "protect-secret"]) {
    expect(page).toContain(`policies/${policy}.json`);
  }
});
