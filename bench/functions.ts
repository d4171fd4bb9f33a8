import { ENGINE_NAMES, type EngineName, type StrategyName, strategiesOf } from "../local/engines.ts";

/** A built function. Its folder is dist/<name>. */
export interface RotationFunction {
  readonly name: string;
  readonly engine: EngineName;
  readonly strategy: StrategyName;
}

export const FUNCTIONS: readonly RotationFunction[] = ENGINE_NAMES.flatMap((engine) =>
  strategiesOf(engine).map((strategy) => ({ name: `${engine}-${strategy}`, engine, strategy })),
);
