import { oneOf, readArguments, UsageError } from "../local/command-line.ts";

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
export type Part = (typeof PARTS)[number];

export interface Options {
  readonly parts: readonly Part[];
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
  --quick                fewer runs: about 4 minutes, for a first impression
  --aws-templates PATH   a checkout of https://github.com/aws-samples/aws-secrets-manager-rotation-lambdas:
                         measures AWS's templates on the same servers, in turn with ours
  --python PATH          an interpreter that has boto3, PyGreSQL and PyMySQL (default: python3)
  --json                 prints everything that was measured as JSON; best as: npm run --silent bench -- --json
  --write                writes BENCHMARKS.md, the fleets in docs/scaling.md, and bench/budget.json that the tests hold
                         later versions to; needs --aws-templates
  --help                 prints this

Times are medians of runs that take turns with what they are compared to: what makes the machine slow for a while
makes all of them slow. For numbers to keep, let it have nothing else to do.

Exit status: 0 measured, whatever came of it, 1 a measurement failed, 2 wrong options.`;

export function parseOptions(args: readonly string[]): Options {
  const { values } = readArguments({ args: [...args], options: OPTIONS });
  const only = (values.only ?? []).map((part) => oneOf("--only", part, PARTS));
  if (values.write && (only.length > 0 || values.quick)) {
    throw new UsageError("--write keeps a whole measurement: it goes with neither --only nor --quick.");
  }
  if (values.write && values["aws-templates"] === undefined) {
    throw new UsageError(
      "--write without --aws-templates would lose what BENCHMARKS.md says of AWS's templates: name a checkout of them.",
    );
  }
  return {
    parts: PARTS.filter((part) => only.length === 0 || only.includes(part)),
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
  quick: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  write: { type: "boolean", default: false },
  "aws-templates": { type: "string" },
  python: { type: "string", default: "python3" },
  help: { type: "boolean", default: false },
} as const;
