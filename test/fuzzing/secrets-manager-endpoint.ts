import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { ServiceError } from "../../local/secrets-manager/errors.ts";
import type { SecretsManager } from "../../local/secrets-manager/secrets-manager.ts";

/** One call of a function, as it came over HTTP. */
export interface Call {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Answers the calls of one case: the local Secrets Manager, unless `answer` does. */
export interface Responder {
  readonly secretsManager: SecretsManager;
  /** @returns true if it has dealt with the call. */
  answer?(call: Call): boolean;
  /** Operation names, in the order in which the calls came. */
  readonly operations: string[];
}

/** The Secrets Manager endpoint of all functions, shared by cases that run at the same time. */
export interface SecretsManagerEndpoint extends AsyncDisposable {
  readonly url: string;
  /** Sends calls with one of these texts in their input to the responder, until the result is disposed of. */
  assign(responder: Responder, ...marks: string[]): Disposable;
}

export async function startEndpoint(): Promise<SecretsManagerEndpoint> {
  const responders = new Map<string, Responder>();
  const server = createServer(async (request, response) => {
    const body = await text(request).catch(() => "{}");
    const operation = String(request.headers["x-amz-target"]).replace("secretsmanager.", "");
    const input = JSON.parse(body);
    // GetRandomPassword names no secret: cases tell theirs apart by what they exclude.
    const responder = responders.get(String(input.SecretId ?? input.ExcludeCharacters));
    responder?.operations.push(operation);
    if (responder?.answer?.({ operation, input, request, response })) return;
    respond(response, ...answerOf(responder, operation, input));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // Of TCP servers it is no string.
  return {
    url: `http://127.0.0.1:${port}`,
    assign: (responder, ...marks) => {
      for (const mark of marks) responders.set(mark, responder);
      return {
        [Symbol.dispose]: () => {
          for (const mark of marks) responders.delete(mark);
        },
      };
    },
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

export function respond(response: ServerResponse, status: number, body: object | string): void {
  response.writeHead(status, { "content-type": "application/x-amz-json-1.1" });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

function answerOf(responder: Responder | undefined, operation: string, input: object): [number, object] {
  try {
    if (responder === undefined)
      throw new ServiceError("ResourceNotFoundException", "There is no such secret.");
    return [200, responder.secretsManager.call(operation, input, "ASIAHOSTILEFUNCTION00")];
  } catch (error) {
    const { name, message, status = 500 } = error instanceof ServiceError ? error : Object(error);
    return [status, { __type: name, Message: message }];
  }
}
