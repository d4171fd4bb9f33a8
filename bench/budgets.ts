import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ENGINE_NAMES, type EngineName } from "../local/engines.ts";
import { FUNCTIONS } from "./functions.ts";
import type { Size } from "./measures/bundle.ts";
import type { FirstAndNext, RoundTrips } from "./measures/round-trips.ts";
import { present, type Results } from "./results.ts";

/** Size and call limits of a function, which do not depend on the machine. */
export interface FunctionBudget {
  /** Size of the JavaScript, deflated at level 6 (`codeSize`). */
  readonly zippedBytes: number;
  /** Limits of a secret's first rotation, in which master-user creates the clone (`countRoundTrips`). */
  readonly first: RotationBudget;
  /** Limits of every later rotation. */
  readonly next: RotationBudget;
}

/** In a file, a count that the database product does not have is null. */
export type RotationBudget = Pick<
  RoundTrips,
  "apiCalls" | "failedApiCalls" | "sequentialApiRoundTrips" | "logins" | "rejectedLogins" | "sqlStatements"
>;

/** Key: name of the function's folder in dist/. */
export type Budget = Readonly<Record<string, FunctionBudget>>;

/** A file for each engine, so that a fork's engine has its own. `npm run bench` writes them, test/budget reads them. */
const FOLDER = join(import.meta.dirname, "budgets");

export const budgetFile = (engine: EngineName): string => join(FOLDER, `${engine}.json`);

export function readBudget(): Budget {
  const files = ENGINE_NAMES.map(budgetFile).filter((file) => existsSync(file));
  return Object.assign({}, ...files.map((file) => JSON.parse(readFileSync(file, "utf8"))));
}

/** @throws if a size or a count of a function was not measured: the tests would not check it. */
export function writeBudget({ functions }: Results, engines: readonly EngineName[] = ENGINE_NAMES): void {
  for (const engine of engines) {
    const budget = FUNCTIONS.filter((rotation) => rotation.engine === engine).map(({ name }) => {
      const [sizes, counts] = [present(functions[name]?.bundle), present(functions[name]?.roundTrips)];
      if (!sizes || !counts)
        throw new Error(`The size or the round trips of ${name} were not measured. Measure without --only.`);
      return [name, budgetOf(sizes.code, counts)];
    });
    writeFileSync(budgetFile(engine), `${JSON.stringify(Object.fromEntries(budget), undefined, 2)}\n`);
  }
}

function budgetOf(code: Size, counts: FirstAndNext): FunctionBudget {
  return { zippedBytes: code.zipped, ...rotationsOf(counts) };
}

export function rotationsOf({ first, next }: FirstAndNext): Pick<FunctionBudget, "first" | "next"> {
  return { first: withoutSteps(first), next: withoutSteps(next) };
}

function withoutSteps({ perStep: _, ...counts }: RoundTrips): RotationBudget {
  return counts;
}
