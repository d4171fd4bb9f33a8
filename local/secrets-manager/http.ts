import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { ServiceError } from "./errors.ts";
import type { SecretsManager } from "./secrets-manager.ts";

export interface HttpServer extends AsyncDisposable {
  /** Such as "http://127.0.0.1:4566"; https if the options have a certificate. */
  readonly url: string;
}

export interface HttpOptions {
  /** 0: a free port. Default: 0. */
  port?: number;
  /** Certificate and key as PEM. Default: no TLS. */
  tls?: { certificate: string; key: string };
  /** Awaited between the effect of a request and its response. */
  beforeAnswer?: () => Promise<void>;
}

const TARGET = /^secretsmanager\.([A-Za-z]+)$/;
/** "Credential=AKIDEXAMPLE/20260101/eu-west-1/secretsmanager/aws4_request" names the caller and the Region. */
const CREDENTIAL = /Credential=([^/,\s]+)\/(?:[0-9]{8}\/([a-z0-9-]+)\/)?/;
/** Bytes. The largest secret is 64 KiB; escaped as JSON, it can be six times as large. */
const MAXIMUM_BODY = 1024 * 1024;

/**
 * Serves Secrets Manager's protocol (awsJson1_1) on 127.0.0.1 for SDK clients and the AWS CLI. The Authorization header names
 * the caller and the Region; signatures are not verified.
 */
export async function serve(secretsManager: SecretsManager, options: HttpOptions = {}): Promise<HttpServer> {
  const { port = 0, tls, beforeAnswer } = options;
  const respond: RequestListener = async (request, response) => {
    const [status, body] = await answer(secretsManager, request);
    await beforeAnswer?.();
    response.writeHead(status, {
      "content-type": "application/x-amz-json-1.1",
      "x-amzn-requestid": randomUUID(),
    });
    response.end(JSON.stringify(body));
  };
  const server = tls
    ? createTlsServer({ cert: tls.certificate, key: tls.key }, respond)
    : createServer(respond);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no TCP address.");
  return {
    url: `${tls ? "https" : "http"}://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
}

async function answer(secretsManager: SecretsManager, request: IncomingMessage): Promise<[number, object]> {
  try {
    const text = await bodyOf(request);
    const [, caller, region] = CREDENTIAL.exec(request.headers.authorization ?? "") ?? [];
    if (caller === undefined) {
      throw new ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token");
    }
    return [200, secretsManager.call(operationOf(request), parse(text), caller, region)];
  } catch (error) {
    if (error instanceof ServiceError) return [error.status, { __type: error.name, Message: error.message }];
    return [500, { __type: "InternalServiceError", Message: "An error occurred on the server side." }];
  }
}

function operationOf(request: IncomingMessage): string {
  const operation = TARGET.exec(String(request.headers["x-amz-target"]))?.[1];
  if (request.method !== "POST" || request.url !== "/" || operation === undefined) {
    throw new ServiceError(
      "UnknownOperationException",
      "Expected POST / with the header X-Amz-Target: secretsmanager.<Operation>.",
    );
  }
  return operation;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= MAXIMUM_BODY) chunks.push(chunk);
  }
  if (size > MAXIMUM_BODY) throw new ServiceError("SerializationException", "The request body is too large.");
  return Buffer.concat(chunks).toString();
}

/** The message of JSON.parse is dropped: it quotes the text, which may contain a secret. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ServiceError("SerializationException", "The request body is not valid JSON.");
  }
}
