import type { Stack } from "../../local/stack.ts";
import { startHttpProxy } from "./http-proxy.ts";
import type { ApiRequest, OnPassage } from "./interception.ts";

/**
 * A second entrance to Secrets Manager, for the function alone: its calls are kept whole, secret values included, and
 * can be interfered with.
 */
export interface FrontDoor extends AsyncDisposable {
  /** For the function. */
  readonly environment: { AWS_ENDPOINT_URL_SECRETS_MANAGER: string };
  /** Those that the service answered, or somebody in its place, in the order in which they came; what the SDK repeats by itself counts once. */
  readonly requests: readonly ApiRequest[];
  /** To be called before the function is. */
  leadTo(stack: Pick<Stack, "url">): void;
  /** Of every call: before it has an effect, and when it had one but the function does not know yet. */
  onPassage: OnPassage;
}

export async function openFrontDoor(): Promise<FrontDoor> {
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
      const passage = { kind: "call", text: operation, connection: 0, request, retry } as const;
      const instead = await door.onPassage({ ...passage, moment: "before" });
      if (instead !== "pass") {
        if (typeof instead === "object" && instead.status === 200)
          requests.push({ ...request, output: JSON.parse(instead.body) });
        return instead;
      }
      if (!requests.includes(request)) requests.push(request);
      const answer = await forward();
      if (answer.status === 200) request.output ??= JSON.parse(answer.body);
      const after = await door.onPassage({ ...passage, moment: "after" });
      return after === "pass" ? answer : after;
    },
  );
  const door: FrontDoor = {
    environment: { AWS_ENDPOINT_URL_SECRETS_MANAGER: server.url },
    requests,
    leadTo: (stack) => {
      url = stack.url;
    },
    onPassage: () => "pass",
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return door;
}
