import { oneOf, readArguments, UsageError } from "../local/command-line.ts";
import { ENGINE_NAMES, type EngineName } from "../local/engines.ts";

/** Parts that --only accepts, in the order of the report. */
export const PARTS = [
  "bundle",
  "round-trips",
  "cold-start",
  "memory",
  "memory-sizes",
  "wall-time",
  "fleet",
  "beside-aws",
] as const;
const BUDGET_PARTS: readonly Part[] = ["bundle", "round-trips"];
export type Part = (typeof PARTS)[number];

export interface Options {
  readonly parts: readonly Part[];
  readonly engines: readonly EngineName[];
  /** Whether to write the budgets of these engines. */
  readonly budget: boolean;
  readonly quick: boolean;
  /** File to store the results in. */
  readonly json: string | undefined;
  /** File to read results from instead of measuring. */
  readonly from: string | undefined;
  readonly write: boolean;
  readonly awsTemplates: string | undefined;
  readonly python: string;
  readonly help: boolean;
}

export const HELP = `Measures all functions and what they are compared to. Needs no AWS account; takes about 18 minutes.

  npm run bench [-- options]

  --only PART            ${PARTS.join(", ")}; repeat it for several parts
  --engine NAME          ${ENGINE_NAMES.join(", ")}; repeat it for several engines (default: all)
  --budget               measures only bundles and round trips, and writes them to bench/budgets/<engine>.json: the size and
                         call limits that the tests check
  --quick                fewer runs: about 5 minutes, for a first impression
  --aws-templates PATH   a checkout of https://github.com/aws-samples/aws-secrets-manager-rotation-lambdas:
                         measures AWS's templates on the same servers, in turn with these functions
  --python PATH          an interpreter with boto3, PyGreSQL and PyMySQL (default: python3)
  --json FILE            stores the results as JSON
  --from FILE            reads the results that --json has stored, instead of measuring
  --write                writes BENCHMARKS.md, its charts in docs/charts, the fleets in docs/scaling.md, and all size and
                         call limits; needs --aws-templates or --from
  --help                 prints this

Times are medians of runs that take turns with what they are compared to, so that a slow phase of the machine slows all
of them. For numbers to keep, run nothing else on the machine.

AWS's templates alone:  npm run bench -- --only beside-aws --aws-templates PATH --quick

Exit status: 0 measured, whatever the result; 1 a measurement failed; 2 wrong options.`;

export function parseOptions(args: readonly string[]): Options {
  const { values } = readArguments({ args: [...args], options: OPTIONS });
  const only = (values.only ?? []).map((part) => oneOf("--only", part, PARTS));
  const engines = (values.engine ?? []).map((engine) => oneOf("--engine", engine, ENGINE_NAMES));
  const { budget, from, "aws-templates": awsTemplates } = values;
  const part = only.length > 0 || engines.length > 0 || budget || values.quick;
  if (from !== undefined && (part || awsTemplates !== undefined)) {
    throw new UsageError(
      "--from reads results and measures nothing. Remove --only, --engine, --budget, --quick and --aws-templates.",
    );
  }
  if (values.write && part) {
    throw new UsageError("--write needs a whole measurement. Remove --only, --engine, --budget and --quick.");
  }
  if (budget && only.length > 0) {
    throw new UsageError("--budget names its own parts. Remove --only.");
  }
  if (values.write && from === undefined && awsTemplates === undefined) {
    throw new UsageError(
      "--write needs AWS's templates for BENCHMARKS.md. Name a checkout of them with --aws-templates.",
    );
  }
  if (only.includes("beside-aws") && awsTemplates === undefined) {
    throw new UsageError("--only beside-aws needs --aws-templates, a checkout of AWS's templates.");
  }
  return {
    parts: budget ? BUDGET_PARTS : PARTS.filter((part) => only.length === 0 || only.includes(part)),
    engines: engines.length === 0 ? ENGINE_NAMES : engines,
    budget,
    quick: values.quick,
    json: values.json,
    from,
    write: values.write,
    awsTemplates,
    python: values.python,
    help: values.help,
  };
}

const OPTIONS = {
  only: { type: "string", multiple: true },
  engine: { type: "string", multiple: true },
  budget: { type: "boolean", default: false },
  quick: { type: "boolean", default: false },
  json: { type: "string" },
  from: { type: "string" },
  write: { type: "boolean", default: false },
  "aws-templates": { type: "string" },
  python: { type: "string", default: "python3" },
  help: { type: "boolean", default: false },
} as const;
