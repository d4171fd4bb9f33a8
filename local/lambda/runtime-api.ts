import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

/** A runtime's report of an error; any member may be missing. `trace` is the stack, one line per element. */
export type ErrorPayload = { errorType?: string; errorMessage?: string; trace?: string[] };

/** One invocation as the runtime receives it. */
export type Invocation = {
  requestId: string;
  /** The event as JSON. */
  body: string;
  /** Milliseconds since 1970. */
  deadline: number;
  functionArn: string;
};

/** Events of a runtime, in the order in which they happen. */
export type RuntimeEvents = {
  /** The runtime has finished its init or an invocation, and waits for the next invocation. */
  onReady(): void;
  /** @param body the handler's result as JSON */
  onResponse(body: string): void;
  /** The handler, or the module's init, has thrown. */
  onError(error: ErrorPayload): void;
};

export type RuntimeApi = AsyncDisposable & {
  /** "127.0.0.1:port", the value of AWS_LAMBDA_RUNTIME_API. */
  address: string;
  /** Answers the runtime's request for the next invocation. Only after `onReady`. */
  send(invocation: Invocation): void;
};

/**
 * Lambda's Runtime API for one execution environment: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 * A request for the next invocation is answered when there is one.
 */
export async function startRuntimeApi(events: RuntimeEvents): Promise<RuntimeApi> {
  let waiting: ServerResponse | undefined;
  let current: string | undefined;

  const route = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request);
    const path = request.url?.replace(/^\/2018-06-01\/runtime\//, "") ?? "";
    const [, requestId = "", report] = /^invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    if (request.method === "GET" && path === "invocation/next") {
      waiting = response;
      events.onReady();
    } else if (request.method === "POST" && path === "init/error") {
      events.onError(JSON.parse(body));
      reply(response, 202, { status: "OK" });
    } else if (request.method === "POST" && report !== undefined) {
      if (requestId !== current) {
        reply(response, 400, {
          errorType: "InvalidRequestID",
          errorMessage: `Not the current one: ${requestId}`,
        });
        return;
      }
      current = undefined;
      if (report === "response") events.onResponse(body);
      else events.onError(JSON.parse(body));
      reply(response, 202, { status: "OK" });
    } else {
      reply(response, 404, { errorType: "NotFound", errorMessage: `${request.method} ${request.url}` });
    }
  };
  const server = createServer((request, response) => {
    // A request fails only if the runtime ends during the request or sends no JSON.
    route(request, response).catch(() => response.destroy());
  });
  // No timeout for idle connections: a runtime keeps its connection while a handler runs.
  server.keepAliveTimeout = 0;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no TCP address.");

  return {
    address: `127.0.0.1:${address.port}`,
    send: (invocation) => {
      if (waiting === undefined) throw new Error("The runtime does not wait for an invocation.");
      current = invocation.requestId;
      waiting.writeHead(200, {
        "Content-Type": "application/json",
        "Lambda-Runtime-Aws-Request-Id": invocation.requestId,
        "Lambda-Runtime-Deadline-Ms": invocation.deadline,
        "Lambda-Runtime-Invoked-Function-Arn": invocation.functionArn,
        "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000;Sampled=0",
      });
      waiting.end(invocation.body);
      waiting = undefined;
    },
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}
