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

/** Why something could not be measured. */
export interface Absent {
  readonly absent: string;
}

/** undefined if nobody asked for it. */
type Measured<Result> = Result | Absent | undefined;

/** What one function came to. */
export interface FunctionResults {
  bundle?: Measured<BundleSizes>;
  roundTrips?: Measured<FirstAndNext>;
  coldStart?: Measured<ColdStart>;
  memory?: Measured<Memory>;
  memorySizes?: Measured<MemorySizes>;
  wallTime?: Measured<WallTime>;
  besideAws?: Measured<BesideAws>;
}

/** What --json prints. Times are milliseconds, sizes are bytes. */
export interface Results {
  /** The day, as in ISO 8601. */
  readonly date: string;
  readonly machine: Machine;
  readonly quick: boolean;
  /** Name and version of each database that was rotated in. */
  readonly databases: Partial<Record<EngineName, string>>;
  /** What ran AWS's templates. */
  readonly awsTemplates: string | undefined;
  /** By name. */
  readonly functions: Readonly<Record<string, FunctionResults>>;
  /** Of many secrets at a time. */
  readonly fleet?: Measured<readonly FleetRun[]>;
}

/** The result, if there is one. */
export function present<Result extends object>(result: Measured<Result>): Result | undefined {
  return result === undefined || "absent" in result ? undefined : result;
}
