import { readFileSync } from "node:fs";
import type { EngineName } from "../local/engines.ts";
import type { FleetRun } from "./fleet/measure.ts";
import type { Machine } from "./machine.ts";
import type { BesideAws } from "./measures/beside-aws.ts";
import type { BundleSizes } from "./measures/bundle.ts";
import type { ColdStart } from "./measures/cold-start.ts";
import type { Memory } from "./measures/memory.ts";
import type { MemorySizes } from "./measures/memory-sizes.ts";
import type { FirstAndNext } from "./measures/round-trips.ts";
import type { WallTime } from "./measures/wall-time.ts";

/** The reason why something could not be measured. */
export interface Absent {
  readonly absent: string;
}

/** Undefined if the options left it out. */
type Measured<Result> = Result | Absent | undefined;

/** Results of one function. */
export interface FunctionResults {
  bundle?: Measured<BundleSizes>;
  roundTrips?: Measured<FirstAndNext>;
  coldStart?: Measured<ColdStart>;
  memory?: Measured<Memory>;
  memorySizes?: Measured<MemorySizes>;
  wallTime?: Measured<WallTime>;
  besideAws?: Measured<BesideAws>;
  /** The same on other versions of the database. Key: name and version of the database. */
  besideAwsOn?: Readonly<Record<string, BesideAws | Absent>>;
}

/** The content of a --json file. Times are milliseconds, sizes are bytes. */
export interface Results {
  /** Day of the measurement (ISO 8601). */
  readonly date: string;
  /** Day of the sizes and counts, if it is another one. They do not depend on the machine. */
  readonly countsDate?: string;
  readonly machine: Machine;
  readonly quick: boolean;
  /** Name and version of each database. */
  readonly databases: Partial<Record<EngineName, string>>;
  /** Versions of the programs that ran AWS's templates. */
  readonly awsTemplates: string | undefined;
  /** Key: name of the function. */
  readonly functions: Readonly<Record<string, FunctionResults>>;
  /** Simulated fleets. */
  readonly fleet?: Measured<readonly FleetRun[]>;
}

/** @returns the result; undefined if it is missing or could not be measured */
export function present<Result extends object>(result: Measured<Result>): Result | undefined {
  return result === undefined || "absent" in result ? undefined : result;
}

/** Reads a file that --json has stored. @throws if the file has no results */
export function readResults(file: string): Results {
  const results = JSON.parse(readFileSync(file, "utf8"));
  if (typeof results?.machine !== "object" || typeof results.functions !== "object") {
    throw new Error(`${file} has no results of npm run bench. Store them with --json.`);
  }
  return results;
}

/** @throws if the results do not suffice for BENCHMARKS.md */
export function assertWhole({ quick, awsTemplates, fleet }: Results): void {
  if (quick || awsTemplates === undefined || fleet === undefined) {
    throw new Error(
      "--write needs the results of a whole measurement: with --aws-templates, without --only and --quick.",
    );
  }
}
