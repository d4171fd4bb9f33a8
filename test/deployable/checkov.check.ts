import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../template/template.ts";
import { DECLINED } from "./declined.ts";
import { CHECKOV, ENVIRONMENT, has } from "./tools.ts";

interface Report {
  summary: { passed: number; parsing_errors: number };
  results: { failed_checks: { check_id: string; check_name: string; resource: string }[] };
}

describe.skipIf(!has(CHECKOV))("checkov", () => {
  const found = new Set<string>();

  it.each([
    [
      "the templates",
      [
        "cloudformation",
        "-f",
        "template.yaml",
        "release/template.yaml",
        "examples/aurora-postgresql/template.yaml",
      ],
    ],
    ["the Terraform module", ["terraform", "-d", "deploy/terraform"]],
  ])("finds nothing in %s but what is declined", (_what, parameters) => {
    const options = ["--quiet", "--compact", "--soft-fail", "--skip-download", "--output", "json"];
    const output = execFileSync(CHECKOV, ["--framework", ...parameters, ...options], {
      cwd: ROOT,
      env: ENVIRONMENT,
      encoding: "utf8",
      maxBuffer: 64 * 2 ** 20,
    });
    const reports: Report[] = [JSON.parse(output)].flat();

    for (const { summary, results } of reports) {
      expect(summary.passed).toBeGreaterThan(20);
      expect(summary.parsing_errors).toBe(0);
      for (const { check_id, check_name, resource } of results.failed_checks) {
        found.add(check_id);
        expect(
          DECLINED.map(({ rule }) => rule),
          `${resource}: ${check_name}`,
        ).toContain(check_id);
      }
    }
  });

  it("finds all that is declined: the list has nothing else", () => {
    const declined = DECLINED.map(({ rule }) => rule).filter((rule) => rule.startsWith("CKV"));
    expect(declined.toSorted()).toEqual([...found].sort());
  });

  it("has its list in docs/deployment.md", () => {
    const page = readFileSync(join(ROOT, "docs/deployment.md"), "utf8");
    const rows = [...page.matchAll(/^\| `(\w+)` \| (.*) \| (.*) \|$/gm)].map(([, rule, about, because]) => ({
      rule,
      about,
      because,
    }));
    expect(rows.filter(({ rule = "" }) => /^(CKV_|[EW]\d)/.test(rule))).toEqual(DECLINED);
  });
});
