import type { Reason } from "../../../shared/report/errors.ts";
import type { EngineName, StrategyName } from "../../engines.ts";
import type { ReproductionSetup } from "./reproduction-setup.ts";

/** How to make the function fail with one reason, and what a rotation needs to succeed afterward. */
export interface Reproduction {
  readonly engine: EngineName;
  readonly strategy: StrategyName;
  /** Of the function, in seconds; 30 unless told. */
  readonly timeoutSeconds?: number;
  /** What is broken: the end of a sentence, which docs/troubleshooting.md has as well. */
  readonly breaks: string;
  break?(setup: ReproductionSetup): Promise<unknown>;
  /** Does what fails; a rotation unless told. @returns the error of the function, undefined if it did not fail. */
  attempt?(setup: ReproductionSetup): Promise<string | undefined>;
  /** What is done about it, besides that nothing interferes any more: the end of a sentence. */
  readonly repairs: string;
  repair?(setup: ReproductionSetup): Promise<unknown>;
}

/** Some of the reasons; the table has them all. */
export type Reproductions = Partial<Record<Reason, Reproduction>>;
