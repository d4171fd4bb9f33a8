import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

const ROOT = join(import.meta.dirname, "..", "..");
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");

describe("workflows", () => {
  const workflows = globSync([".github/workflows/*.{yml,yaml}", ".github/actions/**/action.{yml,yaml}"], {
    cwd: ROOT,
  });

  test("there are some", () => {
    expect(workflows).toContain(".github/workflows/ci.yml");
  });

  test.each(workflows)("%s uses every action by its commit, with the release in a comment", (file) => {
    const uses = read(file).match(/^.*\buses:.*$/gm) ?? [];

    expect(uses.length).toBeGreaterThan(0);
    for (const line of uses) {
      expect(line).toMatch(/uses: (\.\/\S+|[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/);
    }
  });

  test.each(workflows)("%s may only read, and leaves no token behind", (file) => {
    const { permissions, jobs } = parse(read(file));

    expect(permissions).toEqual({ contents: "read" });
    for (const { permissions: own, steps } of Object.values<{ permissions?: object; steps: Step[] }>(jobs)) {
      expect(own).toBeUndefined();
      for (const step of steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"))) {
        expect(step.with).toMatchObject({ "persist-credentials": false });
      }
    }
  });
});

interface Step {
  uses?: string;
  with?: object;
}

/** https://docs.github.com/en/code-security/reference/supply-chain-security/dependabot-options-reference */
describe("Dependabot", () => {
  interface Update {
    "package-ecosystem": string;
    directory?: string;
    directories?: string[];
    "multi-ecosystem-group"?: string;
    patterns?: string[];
    cooldown?: { "default-days"?: number };
  }
  const config: { version: number; updates: Update[]; "multi-ecosystem-groups": Record<string, object> } =
    parse(read(".github/dependabot.yml"));
  const folders = (ecosystem: string) =>
    config.updates
      .filter((update) => update["package-ecosystem"] === ecosystem)
      .flatMap(({ directory, directories = [] }) => [...directories, ...(directory ? [directory] : [])])
      .sort();

  test("looks after every lock file of npm, and the workflows", () => {
    const locks = globSync("**/package-lock.json", {
      cwd: ROOT,
      exclude: ["**/node_modules/**", "**/cdk.out/**"],
    });

    expect(config.version).toBe(2);
    expect(folders("npm")).toEqual(locks.map((file) => `/${dirname(file)}`.replace("/.", "/")).sort());
    expect(folders("github-actions")).toEqual(["/"]);
  });

  test("makes one pull request of everything, and waits a week with what is new", () => {
    const [group, ...others] = Object.entries(config["multi-ecosystem-groups"]);

    expect(others).toEqual([]);
    expect(group?.[1]).toEqual({ schedule: { interval: "weekly" } });
    for (const update of config.updates) {
      expect(update).toMatchObject({
        "multi-ecosystem-group": group?.[0],
        patterns: ["*"],
        cooldown: { "default-days": 7 },
      });
    }
  });
});
