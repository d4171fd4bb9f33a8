import type { Stack } from "../../local/stack.ts";
import { startHttpProxy } from "./http-proxy.ts";
import type { ApiRequest, OnInterception } from "./interception.ts";

/**
 * A proxy between the function and Secrets Manager. It records the function's calls, secret values included, and passes
 * each one to `onInterception`.
 */
export interface SecretsManagerProxy extends AsyncDisposable {
  /** Environment variables for the function. */
  readonly environment: { AWS_ENDPOINT_URL_SECRETS_MANAGER: string };
  /**
   * Requests that were forwarded to the service, or that `onInterception` answered successfully in its place, in the
   * order of arrival. Retries by the SDK count once.
   */
  readonly requests: readonly ApiRequest[];
  /** Sets where calls are forwarded to. Call it before the first invocation. */
  forwardTo(stack: Pick<Stack, "url">): void;
  /** Called twice for every call: before it is forwarded, and before its answer is returned. */
  onInterception: OnInterception;
}

export async function startSecretsManagerProxy(): Promise<SecretsManagerProxy> {
  const requests: ApiRequest[] = [];
  /** Requests by the SDK's id of the call. A retry by the SDK is the same request. */
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
