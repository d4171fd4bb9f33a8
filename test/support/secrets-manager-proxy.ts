import type { Stack } from "../../local/stack.ts";
import { startHttpProxy } from "./http-proxy.ts";
import type { ApiRequest, OnInterception } from "./interception.ts";

/**
 * A second entrance to Secrets Manager, for the function alone: its calls are kept whole, secret values included, and
 * can be interfered with.
 */
export interface SecretsManagerProxy extends AsyncDisposable {
  /** For the function. */
  readonly environment: { AWS_ENDPOINT_URL_SECRETS_MANAGER: string };
  /** Those that the service answered, or somebody in its place, in the order in which they came; what the SDK repeats by itself counts once. */
  readonly requests: readonly ApiRequest[];
  /** To be called before the function is. */
  forwardTo(stack: Pick<Stack, "url">): void;
  /** Of every call: before it has an effect, and when it had one but the function does not know yet. */
  onInterception: OnInterception;
}

export async function startSecretsManagerProxy(): Promise<SecretsManagerProxy> {
  const requests: ApiRequest[] = [];
  /** What the SDK makes again by itself is the same request. */
  const made = new Map<string, ApiRequest>();
  let url = "";
  const server = await startHttpProxy(
    () => url,
    async ({ operation, body, invocation }, forward) => {
      const retry = made.has(invocation);
      const request: ApiRequest = made.get(invocation) ?? { operation, input: JSON.parse(body) };
      if (invocation !== "") made.set(invocation, request);
      const interception = { kind: "call", text: operation, connection: 0, request, retry } as const;
      const instead = await apiProxy.onInterception({ ...interception, moment: "before" });
      if (instead !== "pass") {
        if (typeof instead === "object" && instead.status === 200)
          requests.push({ ...request, output: JSON.parse(instead.body) });
        return instead;
      }
      if (!requests.includes(request)) requests.push(request);
      const answer = await forward();
      if (answer.status === 200) request.output ??= JSON.parse(answer.body);
      const after = await apiProxy.onInterception({ ...interception, moment: "after" });
      return after === "pass" ? answer : after;
    },
  );
  const apiProxy: SecretsManagerProxy = {
    environment: { AWS_ENDPOINT_URL_SECRETS_MANAGER: server.url },
    requests,
    forwardTo: (stack) => {
      url = stack.url;
    },
    onInterception: () => "pass",
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return apiProxy;
}
