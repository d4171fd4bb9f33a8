import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { REPRODUCTIONS } from "../../local/rotate/reproduce/table.ts";
import { REASONS } from "../../shared/report/errors.ts";
import { readTemplate } from "../template/template.ts";

// docs/troubleshooting.md, held to the type of reasons, to what npm start reproduces and to the alarms of template.yaml.

const page = readFileSync(join(import.meta.dirname, "../../docs/troubleshooting.md"), "utf8");
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((text) => [text.split("\n")[0] ?? "", text]),
);
const { Resources } = readTemplate();
const pattern = String(Object(Resources.FailuresForAPerson?.Properties).FilterPattern);

test("has one section for each reason, after the one for errors without a reason", () => {
  expect([...sections.keys()]).toEqual(["If no log line has a reason", ...REASONS]);
});

describe.each(REASONS)("%s", (reason) => {
  const section = sections.get(reason) ?? "";

  it("says what it means, whether it heals, what to do first, and which alarm shows it", () => {
    const [, meaning = ""] = section.split("\n\n");
    expect(meaning).toMatch(/^[A-Z].{20,}\.$/s);
    expect(section).toMatch(/^- Heals: \S.*\.$/m);
    expect(section).toMatch(/^- First: `[^`]+`/m);
    expect(section).toMatch(/^- Alarm: `\w+`/m);
  });

  it("names the command that reproduces it, and what that breaks", () => {
    const [line] = section.match(/^- Reproduce: .*$/m) ?? [];
    const { breaks } = REPRODUCTIONS[reason];
    expect(line).toBe(`- Reproduce: \`npm start -- --reproduce ${reason}\`: ${breaks}.`);
  });

  it("is left out of the alarm for people only if the page says that it heals", () => {
    const heals = section.includes("- Alarm: `ErrorsAlarm` only, as it heals.");
    expect(pattern.includes(`$.reason != "${reason}"`)).toBe(heals);
    if (heals) expect(section).toMatch(/^- Heals: Yes/m);
  });

  it("names only alarms of the template", () => {
    const [line = ""] = section.match(/^- Alarm: .*$/m) ?? [];
    for (const [, name = ""] of line.matchAll(/`(\w+)`/g)) {
      expect(Resources[name]?.Type, name).toBe("AWS::CloudWatch::Alarm");
    }
  });
});
