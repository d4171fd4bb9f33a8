import { FUNCTION_ACCESS_KEY, type Stack } from "../../local/stack.ts";

const WRITES = ["PutSecretValue", "UpdateSecretVersionStage"];

export interface Calls extends Disposable {
  /** Operation names, in the order in which the calls came. */
  readonly all: readonly string[];
  readonly failed: readonly string[];
  writes(): string[];
}

/** The calls that the function, and nobody else, makes to Secrets Manager from now on. */
export function observeCalls({ secretsManager }: Stack): Calls {
  const all: string[] = [];
  const failed: string[] = [];
  const stop = secretsManager.observe((event) => {
    if (event.type !== "request" || event.caller !== FUNCTION_ACCESS_KEY) return;
    all.push(event.operation);
    if (event.error !== undefined) failed.push(`${event.operation}: ${event.error}`);
  });
  return {
    all,
    failed,
    writes: () => all.filter((operation) => WRITES.includes(operation)),
    [Symbol.dispose]: stop,
  };
}
