import { randomUUID } from "node:crypto";
import { ServiceError } from "../../local/secrets-manager/errors.ts";
import type { RotationEvent } from "../../local/secrets-manager/events.ts";
import type { SecretsManager } from "../../local/secrets-manager/secrets-manager.ts";
import type { Assumptions } from "./assumptions.ts";
import type { Caller } from "./caller.ts";
import type { Clock } from "./clock.ts";
import type { FunctionModel } from "./model.ts";
import type { Passwords } from "./passwords.ts";
import type { Sdk } from "./sdk.ts";
import { storedValue } from "./states.ts";

interface Step {
  readonly event: RotationEvent;
  readonly model: FunctionModel;
  readonly service: SecretsManager;
  readonly passwords: Passwords;
  /** Counts a call against its quota. @throws Throttled */
  readonly take: (operation: string) => void;
  readonly caller: Caller;
  /** The SDK of the process. */
  readonly sdk: Sdk;
  readonly clock: Clock;
  readonly assumptions: Assumptions;
}

/** Milliseconds before Lambda's timeout at which a step ends by itself. */
const MARGIN = 1000;

/** Replays a recorded step with the effects of its calls. @throws if a call fails after its retries */
export async function runStep({
  event,
  model,
  service,
  passwords,
  take,
  caller,
  sdk,
  clock,
  assumptions,
}: Step): Promise<void> {
  const deadline = clock.now() + assumptions.timeoutSeconds * 1000 - MARGIN;
  const { SecretId, ClientRequestToken } = event;
  const again = event.Step === "createSecret" && hasValue(service, event);
  const { rounds, after } = again ? model.createSecretAgain : model.steps[event.Step];
  const call = (operation: string) => () => {
    take(operation);
    try {
      service.call(operation, inputOf(operation, event, service), "function");
      if (operation === "UpdateSecretVersionStage") passwords.promote(SecretId);
    } catch (error) {
      // A second createSecret receives ResourceExistsException and continues with the other calls of its model.
      if (!(again && error instanceof ServiceError && error.name === "ResourceExistsException")) throw error;
    }
  };
  for (const { before, operations } of rounds) {
    await clock.wait(before * assumptions.slowness);
    await Promise.all(
      operations.map((operation) => caller.patiently(operation, call(operation), sdk, deadline)),
    );
  }
  await clock.wait(after * assumptions.slowness);
  // A function that has stored no value would set a password that no version has: the simulation then ends in "lost".
  if (event.Step === "setSecret") {
    passwords.set(SecretId, storedValue(service, SecretId, ClientRequestToken) ?? randomUUID());
  }
}

/** The input of a call. Reads are always of AWSCURRENT, because quotas do not depend on the version. */
function inputOf(operation: string, event: RotationEvent, service: SecretsManager): object {
  const { SecretId, ClientRequestToken, RotationToken } = event;
  switch (operation) {
    case "GetRandomPassword":
      return {};
    case "PutSecretValue":
      // A second attempt has another value, which must not replace the first one.
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
  return storedValue(service, SecretId, ClientRequestToken) !== undefined;
}
