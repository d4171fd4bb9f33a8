import type { EngineName, StrategyName } from "../../local/engines.ts";
import type { FrozenProcesses } from "../../local/lambda/function.ts";
import type { Invoke, RotationEvent, Step } from "../../local/secrets-manager/events.ts";
import { type Stack, type StackOptions, startStack } from "../../local/stack.ts";
import type { ContractServer } from "../contract/contract-server.ts";
import { type DatabaseGate, openDatabaseGate } from "../support/database-gate/gate.ts";
import type { Interception, Verdict } from "../support/interception.ts";
import { type SecretsManagerProxy, startSecretsManagerProxy } from "../support/secrets-manager-proxy.ts";

export interface HarnessOptions {
  readonly engine: EngineName;
  readonly strategy: StrategyName;
  /** Harnesses may share one: each rotates users of its own. */
  readonly server: ContractServer;
  /** Path of a bundle to run instead of dist/<engine>-<strategy>. */
  readonly bundle?: string;
  readonly environment?: Record<string, string>;
  readonly timeoutSeconds?: number;
  /** Options of the rotation service. Default: three attempts without pauses. */
  readonly service?: StackOptions["service"];
  readonly onFailure?: StackOptions["onFailure"];
}

/** An external effect, and the step that it is an effect of. */
export interface Effect extends Interception {
  /** Undefined if the rotation service did not invoke the function. */
  readonly step: Step | undefined;
  /** The service's attempt at the whole rotation, from 1. */
  readonly attempt: number;
}

/**
 * One function, unmodified, between a proxy to Secrets Manager and a proxy to the database, in both of which it can be
 * interfered with: `onEffect` is asked about each external effect, before it happens and before the function learns
 * that it happened, and is waited for. So whatever is done or looked at in there is done at exactly that instant, and
 * whoever is to wait at a barrier waits there.
 *
 * A harness runs one rotation at a time, as far as `step` and `attempt` are concerned; several harnesses may run at once.
 */
export interface Harness extends AsyncDisposable {
  readonly engine: EngineName;
  readonly strategy: StrategyName;
  readonly server: ContractServer;
  readonly stack: Stack;
  readonly apiProxy: SecretsManagerProxy;
  readonly gate: DatabaseGate;
  onEffect: (effect: Effect) => Verdict | Promise<Verdict>;
  /** How the service invokes the function: for several invocations of a step, or of two steps at once. */
  onInvoke: (event: RotationEvent, invoke: Invoke) => Promise<void>;
  /** SIGKILL to the function's process group; resolves when it is gone. In `onEffect`, "cut" is to follow. */
  kill(): Promise<void>;
  /** SIGSTOP to the function's process group. */
  freeze(): FrozenProcesses;
}

export async function startHarness(options: HarnessOptions): Promise<Harness> {
  const { engine, strategy, server } = options;
  await using started = new AsyncDisposableStack();
  const apiProxy = started.use(await startSecretsManagerProxy());
  const gate = started.use(await openDatabaseGate(server.database));
  const stack = started.use(
    await startStack({
      bundle: options.bundle ?? `${engine}-${strategy}`,
      timeoutSeconds: options.timeoutSeconds,
      onFailure: options.onFailure,
      onInvoke: (event, invoke) => harness.onInvoke(event, invoke),
      environment: { ...apiProxy.environment, DATABASE_CA_FILE: gate.caFile, ...options.environment },
      service: { attempts: 3, retryDelayMilliseconds: 10, ...options.service },
    }),
  );
  apiProxy.forwardTo(stack);
  let now: Pick<Effect, "step" | "attempt"> = { step: undefined, attempt: 1 };
  stack.secretsManager.observe((event) => {
    if (event.type === "stepStarted") now = { step: event.step, attempt: event.attempt };
    if (event.type === "rotationStarted") now = { step: undefined, attempt: 1 };
  });
  const onInterception = (interception: Interception) => harness.onEffect({ ...interception, ...now });
  apiProxy.onInterception = onInterception;
  gate.onInterception = onInterception;
  const cleanUp = started.move();
  const harness: Harness = {
    engine,
    strategy,
    server,
    stack,
    apiProxy,
    gate,
    onEffect: () => "pass",
    onInvoke: (event, invoke) => invoke(event),
    kill: () => stack.rotationFunction.kill(),
    freeze: () => stack.rotationFunction.freeze(),
    [Symbol.asyncDispose]: () => cleanUp.disposeAsync(),
  };
  return harness;
}
