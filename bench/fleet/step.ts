import { ServiceError } from "../../local/secrets-manager/errors.ts";
import type { RotationEvent } from "../../local/secrets-manager/events.ts";
import type { SecretsManager } from "../../local/secrets-manager/secrets-manager.ts";
import type { Assumptions } from "./assumptions.ts";
import type { Caller } from "./caller.ts";
import type { Clock } from "./clock.ts";
import type { FunctionModel } from "./model.ts";

interface Step {
  readonly event: RotationEvent;
  readonly model: FunctionModel;
  readonly service: SecretsManager;
  /** Takes a call from its quota. */
  readonly take: (operation: string) => void;
  readonly caller: Caller;
  readonly clock: Clock;
  readonly assumptions: Assumptions;
}

/** Milliseconds before Lambda's timeout at which a step ends by itself. */
const MARGIN = 1000;

/** Does what the function was seen doing, with the calls' effects. @throws when a call fails for good. */
export async function runStep({
  event,
  model,
  service,
  take,
  caller,
  clock,
  assumptions,
}: Step): Promise<void> {
  const deadline = clock.now() + assumptions.timeoutSeconds * 1000 - MARGIN;
  const again = event.Step === "createSecret" && hasValue(service, event);
  const { rounds, after } = again ? model.createSecretAgain : model.steps[event.Step];
  const call = (operation: string) => () => {
    take(operation);
    try {
      service.call(operation, inputOf(operation, event, service), "function");
    } catch (error) {
      // What createSecret is told when it is run again; what it asks then is in its model.
      if (!(again && error instanceof ServiceError && error.name === "ResourceExistsException")) throw error;
    }
  };
  for (const { before, operations } of rounds) {
    await clock.wait(before * assumptions.slowness);
    await Promise.all(operations.map((operation) => caller.patiently(operation, call(operation), deadline)));
  }
  await clock.wait(after * assumptions.slowness);
}

/** What a call is made with; which version a value is read of makes no difference to a quota. */
function inputOf(operation: string, event: RotationEvent, service: SecretsManager): object {
  const { SecretId, ClientRequestToken, RotationToken } = event;
  switch (operation) {
    case "GetRandomPassword":
      return {};
    case "PutSecretValue":
      // A value of its own for each try: a second one must not replace the first.
      return {
        SecretId,
        ClientRequestToken,
        SecretString: hasValue(service, event) ? "another value" : ClientRequestToken,
        VersionStages: ["AWSPENDING"],
        RotationToken,
      };
    case "UpdateSecretVersionStage":
      return {
        SecretId,
        VersionStage: "AWSCURRENT",
        RemoveFromVersionId: Object(service.call("GetSecretValue", { SecretId })).VersionId,
        MoveToVersionId: ClientRequestToken,
      };
    default:
      return { SecretId };
  }
}

function hasValue(service: SecretsManager, { SecretId, ClientRequestToken }: RotationEvent): boolean {
  try {
    service.call("GetSecretValue", { SecretId, VersionId: ClientRequestToken });
    return true;
  } catch {
    return false;
  }
}
