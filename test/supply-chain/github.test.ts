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

  test("exist", () => {
    expect(workflows).toContain(".github/workflows/ci.yml");
  });

  test.each(workflows)("%s uses every action by its commit, with the release in a comment", (file) => {
    const uses = read(file).match(/^.*\buses:.*$/gm) ?? [];

    expect(uses.length).toBeGreaterThan(0);
    for (const line of uses) {
      expect(line).toMatch(/uses: (\.\/\S+|[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/);
    }
  });

  test.each(workflows)("%s may only read, and stores no token in the checkout", (file) => {
    const { permissions, jobs } = parse(read(file));

    expect(permissions).toEqual({ contents: "read" });
    for (const [name, { permissions: own, steps = [] }] of Object.entries<Job>(jobs)) {
      expect(own).toEqual(MORE[`${file}: ${name}`]);
      for (const step of steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"))) {
        expect(step.with).toMatchObject({ "persist-credentials": false });
      }
    }
  });
});

/** What a job may do beyond reading. */
const MORE: Readonly<Record<string, object>> = {
  ".github/workflows/release.yml: release": {
    contents: "write",
    "id-token": "write",
    attestations: "write",
  },
};

interface Job {
  permissions?: object;
  steps?: Step[];
}

interface Step {
  uses?: string;
  with?: object;
}

describe("the release workflow", () => {
  const { on, jobs } = parse(read(".github/workflows/release.yml"));
  const { needs, steps }: { needs: string; steps: { run?: string; uses?: string; with?: object }[] } =
    jobs.release;
  const runs = steps.flatMap(({ run = [] }) => run);

  test("runs on tags only, after CI", () => {
    expect(on).toEqual({ push: { tags: ["v*"] } });
    expect(needs).toBe("ci");
    expect(jobs.ci).toEqual({ uses: "./.github/workflows/ci.yml" });
    expect(parse(read(".github/workflows/ci.yml")).on).toHaveProperty("workflow_call");
  });

  test("checks the tag before it builds, attests every file, and then attaches the files", () => {
    const at = (text: string) => steps.findIndex(({ run, uses }) => (run ?? uses ?? "").includes(text));
    const order = [
      "release/tag.ts",
      "npm run release",
      "npm pack",
      "attest-build-provenance",
      "gh release create",
    ];
    expect(order.map(at)).toEqual(order.map(at).toSorted((a, b) => a - b));
    expect(order.map(at)).not.toContain(-1);
    expect(steps[at("attest-build-provenance")]?.with).toEqual({ "subject-checksums": "release/SHA256SUMS" });
    expect(runs.at(-1)).toContain("release/*");
  });
});

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

  test("updates every lock file of npm, and the workflows", () => {
    const locks = globSync("**/package-lock.json", {
      cwd: ROOT,
      exclude: ["**/node_modules/**", "**/cdk.out/**"],
    });

    expect(config.version).toBe(2);
    expect(folders("npm")).toEqual(locks.map((file) => `/${dirname(file)}`.replace("/.", "/")).sort());
    expect(folders("github-actions")).toEqual(["/"]);
  });

  test("makes one pull request for all updates, and waits a week before it takes a new version", () => {
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
