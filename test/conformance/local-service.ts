import { randomUUID } from "node:crypto";
import type { Invoke, ServiceEvent } from "../../local/secrets-manager/events.ts";
import {
  createSecretsManager,
  type SecretsManagerOptions,
} from "../../local/secrets-manager/secrets-manager.ts";

export const FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:example";

/** A local service in this process, with a clock that stands still until it is moved, and one function. */
export function localService(options: SecretsManagerOptions = {}) {
  let time = Date.UTC(2026, 0, 1);
  let invoke: Invoke = async () => {};
  const service = createSecretsManager({
    functions: (arn) => (arn === FUNCTION ? invoke : undefined),
    now: () => new Date(time),
    retryDelayMilliseconds: 1,
    ...options,
  });
  const events: ServiceEvent[] = [];
  service.observe((event) => events.push(event));

  function callIn(region: string | undefined, operation: string, input: Record<string, unknown> = {}) {
    const request = { ClientRequestToken: randomUUID(), ...input };
    const output: Record<string, unknown> = { ...service.call(operation, request, "local", region) };
    return output;
  }
  const call = (operation: string, input?: Record<string, unknown>) => callIn(undefined, operation, input);
  return {
    service,
    events,
    call,
    /** As a client of this Region calls. */
    callIn,
    pass: (milliseconds: number) => {
      time += milliseconds;
    },
    setFunction: (next: Invoke) => {
      invoke = next;
    },
    labels: (SecretId: string) => call("DescribeSecret", { SecretId }).VersionIdsToStages,
    async rotate(SecretId: string, input: Record<string, unknown> = {}): Promise<string> {
      const answer = call("RotateSecret", { SecretId, RotationLambdaARN: FUNCTION, ...input });
      await service.settled(String(answer.ARN));
      return String(answer.VersionId);
    },
  };
}
