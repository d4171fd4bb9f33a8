import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";

/** A known vulnerability of an installed package. */
export interface Advisory {
  /** name@version of each installed version. */
  readonly installed: readonly string[];
  readonly severity: string;
  readonly title: string;
  readonly url: string;
}

export interface Answer {
  readonly advisories: readonly Advisory[];
  /** Why the registry did not answer: mirrors seldom serve advisories. */
  readonly unanswered?: string;
}

/** The used part of npm's report, version 2. A text in `via` names a vulnerable dependency of the package. */
const reportSchema = v.object({
  auditReportVersion: v.literal(2),
  vulnerabilities: v.record(
    v.string(),
    v.object({
      nodes: v.array(v.string()),
      via: v.array(
        v.union([v.string(), v.object({ title: v.string(), url: v.string(), severity: v.string() })]),
      ),
    }),
  ),
});

const failureSchema = v.object({ message: v.string(), statusCode: v.optional(v.number()) });

const ROOT = join(import.meta.dirname, "..");

/** Runs npm audit with this machine's registry and credentials. */
export function fetchAdvisories(): Answer {
  const { stdout, error } = spawnSync(
    "npm",
    ["audit", "--json", "--fetch-retries=1", "--fetch-timeout=30000"],
    {
      cwd: ROOT,
      encoding: "utf8",
    },
  );
  if (error) {
    throw error;
  }
  const output: unknown = JSON.parse(stdout);
  const failure = v.safeParse(failureSchema, output);
  if (failure.success) {
    const { statusCode, message } = failure.output;
    return { advisories: [], unanswered: statusCode === undefined ? message : `It says ${statusCode}.` };
  }
  const { vulnerabilities } = v.parse(reportSchema, output);
  const advisories = Object.values(vulnerabilities).flatMap(({ nodes, via }) => {
    const installed = [...new Set(nodes.map(nameAndVersion))];
    return via.flatMap((one) => (typeof one === "string" ? [] : [{ installed, ...one }]));
  });
  return { advisories };
}

/** @param folder of an installed package, such as node_modules/pg. The folder of an alias has another name. */
function nameAndVersion(folder: string): string {
  const { name, version } = JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8"));
  return `${name}@${version}`;
}
