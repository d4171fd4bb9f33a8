import { oneOf, readArguments, UsageError } from "../local/command-line.ts";
import { ENGINE_NAMES, type EngineName } from "../local/engines.ts";

/** What can be measured alone, in the order of the report. */
export const PARTS = [
  "bundle",
  "round-trips",
  "cold-start",
  "memory",
  "memory-sizes",
  "wall-time",
  "fleet",
  "aws",
] as const;
const BUDGET_PARTS: readonly Part[] = ["bundle", "round-trips"];
export type Part = (typeof PARTS)[number];

export interface Options {
  readonly parts: readonly Part[];
  readonly engines: readonly EngineName[];
  /** Whether to write the budgets of these engines. */
  readonly budget: boolean;
  readonly quick: boolean;
  readonly json: boolean;
  readonly write: boolean;
  readonly awsTemplates: string | undefined;
  readonly python: string;
  readonly help: boolean;
}

export const HELP = `Measures all functions, beside what they can be compared to. Needs no AWS account; takes about 16 minutes.

  npm run bench [-- options]

  --only PART            ${PARTS.join(", ")}; may be given several times
  --engine NAME          ${ENGINE_NAMES.join(", ")}; may be given several times (default: all)
  --budget               measures bundles and round trips alone, and writes bench/budgets/<engine>.json, which the tests
                         hold later versions to
  --quick                fewer runs: about 4 minutes, for a first impression
  --aws-templates PATH   a checkout of https://github.com/aws-samples/aws-secrets-manager-rotation-lambdas:
                         measures AWS's templates on the same servers, in turn with ours
  --python PATH          an interpreter that has boto3, PyGreSQL and PyMySQL (default: python3)
  --json                 prints everything that was measured as JSON; best as: npm run --silent bench -- --json
  --write                writes BENCHMARKS.md, the fleets in docs/scaling.md, and all budgets; needs --aws-templates
  --help                 prints this

Times are medians of runs that take turns with what they are compared to: what makes the machine slow for a while
makes all of them slow. For numbers to keep, let it have nothing else to do.

Exit status: 0 measured, whatever came of it, 1 a measurement failed, 2 wrong options.`;

export function parseOptions(args: readonly string[]): Options {
  const { values } = readArguments({ args: [...args], options: OPTIONS });
  const only = (values.only ?? []).map((part) => oneOf("--only", part, PARTS));
  const engines = (values.engine ?? []).map((engine) => oneOf("--engine", engine, ENGINE_NAMES));
  const { budget } = values;
  if (values.write && (only.length > 0 || engines.length > 0 || budget || values.quick)) {
    throw new UsageError(
      "--write keeps a whole measurement: it goes with none of --only, --engine, --budget and --quick.",
    );
  }
  if (budget && only.length > 0) {
    throw new UsageError("--budget measures what it needs: it does not go with --only.");
  }
  if (values.write && values["aws-templates"] === undefined) {
    throw new UsageError(
      "--write without --aws-templates would lose what BENCHMARKS.md says of AWS's templates: name a checkout of them.",
    );
  }
  return {
    parts: budget ? BUDGET_PARTS : PARTS.filter((part) => only.length === 0 || only.includes(part)),
    engines: engines.length === 0 ? ENGINE_NAMES : engines,
    budget,
    quick: values.quick,
    json: values.json,
    write: values.write,
    awsTemplates: values["aws-templates"],
    python: values.python,
    help: values.help,
  };
}

const OPTIONS = {
  only: { type: "string", multiple: true },
  engine: { type: "string", multiple: true },
  budget: { type: "boolean", default: false },
  quick: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  write: { type: "boolean", default: false },
  "aws-templates": { type: "string" },
  python: { type: "string", default: "python3" },
  help: { type: "boolean", default: false },
} as const;
