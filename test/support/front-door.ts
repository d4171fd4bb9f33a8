import { serve } from "../../local/secrets-manager/http.ts";
import type { SecretsManager } from "../../local/secrets-manager/secrets-manager.ts";

/** One call of the function, with what observers of the service are never told. */
export interface ApiRequest {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** The answer; undefined when the call was refused. */
  output?: Readonly<Record<string, unknown>>;
}

/** A second entrance to Secrets Manager, for the function alone: its calls are kept whole, secret values included. */
export interface FrontDoor extends AsyncDisposable {
  /** For the function. */
  readonly environment: { AWS_ENDPOINT_URL_SECRETS_MANAGER: string };
  /** In the order in which they came. */
  readonly requests: readonly ApiRequest[];
  /** To be called before the function is. */
  leadTo(secretsManager: SecretsManager): void;
  /** Called at every call: before it has an effect, and when it had one but the function does not know yet. */
  onPassage: (when: "before" | "after", request: ApiRequest) => void;
}

export async function openFrontDoor(): Promise<FrontDoor> {
  const requests: ApiRequest[] = [];
  let secretsManager: SecretsManager | undefined;
  const server = await serve({
    region: "",
    account: "",
    observe: () => () => {},
    settled: async () => {},
    call(operation, input, caller) {
      if (secretsManager === undefined) throw new Error("The front door leads nowhere yet.");
      const request: ApiRequest = { operation, input: Object(input) };
      requests.push(request);
      door.onPassage("before", request);
      const output = secretsManager.call(operation, input, caller);
      request.output = { ...output };
      door.onPassage("after", request);
      return output;
    },
  });
  const door: FrontDoor = {
    environment: { AWS_ENDPOINT_URL_SECRETS_MANAGER: server.url },
    requests,
    leadTo: (found) => {
      secretsManager = found;
    },
    onPassage: () => {},
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return door;
}
