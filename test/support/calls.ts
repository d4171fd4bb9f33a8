import { FUNCTION_ACCESS_KEY, type Stack } from "../../local/stack.ts";

const WRITES = ["PutSecretValue", "UpdateSecretVersionStage"];

export interface Calls extends Disposable {
  /** Operation names in the order of the calls. */
  readonly all: readonly string[];
  readonly failed: readonly string[];
  writes(): string[];
}

/** Records the calls that the function makes to Secrets Manager from now on, without those of other clients. */
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
