import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import type { Answer } from "./interception.ts";

export interface HttpCall {
  readonly operation: string;
  /** The request's body, JSON. */
  readonly body: string;
  /** The SDK's id of the call, the same for each retry. Empty if the request has none. */
  readonly invocation: string;
}

/** Decides the outcome of one call: the service's answer, another one in its place, or none. */
export type Interference = (
  call: HttpCall,
  forward: () => Promise<Answer>,
) => Promise<Answer | "cut" | "silence">;

/** A proxy in front of Secrets Manager, on 127.0.0.1. */
export async function startHttpProxy(
  target: () => string,
  interfere: Interference,
): Promise<{ readonly url: string } & AsyncDisposable> {
  const server = createServer(async (request, response) => {
    // A function that is killed in the middle of a call sends no complete body. The proxy drops such a call.
    const body = await text(request).catch(() => undefined);
    if (body === undefined) return;
    const header = (name: string) => String(request.headers[name] ?? "");
    const headers = {
      "content-type": header("content-type"),
      "x-amz-target": header("x-amz-target"),
      authorization: header("authorization"),
    };
    const call = {
      operation: headers["x-amz-target"].replace(/^.*\./, ""),
      body,
      invocation: header("amz-sdk-invocation-id"),
    };
    const forward = async () => {
      const answer = await fetch(target(), { method: "POST", headers, body });
      return { status: answer.status, body: await answer.text() };
    };
    const answer = await interfere(call, forward).catch((): Answer => ({ status: 500, body: "{}" }));
    if (answer === "cut") request.socket.destroy();
    else if (answer !== "silence") {
      response.writeHead(answer.status, { "content-type": "application/x-amz-json-1.1" }).end(answer.body);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The proxy has no TCP address.");
  return {
    url: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
