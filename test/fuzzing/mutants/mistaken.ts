import { ENGINE_NAMES, type EngineName, moduleOf, type StrategyName } from "../../../local/engines.ts";
import type { Engine } from "../../../shared/engine/engine.ts";
import type { PairCapability, PairView } from "../../../shared/engine/pair.ts";
import { RotationError } from "../../../shared/report/errors.ts";
import { rotation } from "../../../shared/rotation.ts";
import { masterUser } from "../../../shared/strategies/master-user.ts";
import { singleUser } from "../../../shared/strategies/single-user.ts";
import type { Strategy } from "../../../shared/strategies/strategy.ts";
import type { Bundle } from "../bundles.ts";

const modules = ENGINE_NAMES.map(
  async (name) => (await moduleOf<Record<EngineName, Engine>>("functions/*/engine.ts", name))[name],
);
const engines = await Promise.all(modules);
const engineOf = (name: EngineName) => engines[ENGINE_NAMES.indexOf(name)] as Engine; // One of each.
const STRATEGIES: Record<StrategyName, Strategy> = { "single-user": singleUser, "master-user": masterUser };

interface Changes {
  engine?(right: Engine): Partial<Engine>;
  strategy?(right: Strategy): Partial<Strategy>;
  handler?(right: Bundle["handler"]): Bundle["handler"];
}

/** The function as it is, but for what is changed in it. */
export function mistaken(engine: EngineName, strategy: StrategyName, changes: Changes): Bundle {
  const right = { engine: engineOf(engine), strategy: STRATEGIES[strategy] };
  const handler = rotation(
    { ...right.engine, ...changes.engine?.(right.engine) },
    { ...right.strategy, ...changes.strategy?.(right.strategy) },
  );
  return { engine, strategy, handler: changes.handler?.(handler) ?? handler };
}

/** The engine as it is, but for what it sees of a pair of users. */
export function seeing(
  { pair }: Engine,
  change: (view: PairView) => Omit<PairView, "plan">,
): Pick<Engine, "pair"> {
  if (pair === undefined) throw new Error("The engine has no master-user strategy.");
  const read: PairCapability["read"] = async (readers, users) => {
    const view = await pair.read(readers, users);
    return { ...change(view), plan: (taking) => view.plan(taking) };
  };
  return { pair: { ...pair, read } };
}

/** Says the same of everything that goes wrong. */
export const blamesNetwork: Changes["handler"] = (right) => async (event, context) => {
  try {
    await right(event, context);
  } catch {
    throw new RotationError("unreachable", "The network is down.", "Wait until it is up again.");
  }
};
