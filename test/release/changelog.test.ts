import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { notesOf } from "../../deploy/release/tag.ts";
import { ROOT } from "../template/template.ts";

const CHANGELOG = `# Changelog

## [Unreleased]

## [1.2.0] - 2026-12-01

### Security

- A fix.

## [1.1.0] - 2026-11-01

### Added

- A feature.

[1.2.0]: https://example.com
`;

test("the release notes of a version are its section of the changelog", () => {
  expect(notesOf(CHANGELOG, "1.2.0")).toBe("### Security\n\n- A fix.");
  expect(notesOf(CHANGELOG, "1.1.0")).toBe("### Added\n\n- A feature.");
});

test("refuses a version that is not in the changelog, or has no date there", () => {
  expect(() => notesOf(CHANGELOG, "1.3.0")).toThrow("## [1.3.0] - YYYY-MM-DD");
  expect(() => notesOf("## [1.3.0] - soon\n", "1.3.0")).toThrow('no heading "## [1.3.0] - YYYY-MM-DD"');
});

test("CHANGELOG.md has the sections of Keep a Changelog, and one for what is not released yet", () => {
  const changelog = readFileSync(join(ROOT, "CHANGELOG.md"), "utf8");
  const versions = [...changelog.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
  const sections = [...changelog.matchAll(/^### (.*)$/gm)].map(([, heading = ""]) => heading);

  expect(versions[0]).toBe("[Unreleased]");
  for (const version of versions.slice(1)) expect(version).toMatch(/^\[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}$/);
  const known = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];
  expect(sections.filter((section) => !known.includes(section))).toEqual([]);
});
