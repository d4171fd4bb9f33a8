import { ListSecretsCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { client } from "./subject.ts";

export interface Answer {
  status: number;
  body: Record<string, unknown>;
  requestId: string | null;
}

interface Request {
  protocol: string;
  hostname: string;
  port?: number;
  path: string;
  headers: Record<string, string>;
  body?: string;
}

/** Ends the SDK's work once the answer is here: it would make an object or an exception of it. */
class Answered extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super("The request was answered.");
    this.answer = answer;
  }
}

/**
 * Sends exactly this body, as no SDK would. The SDK signs it, so that real AWS takes it too; fetch sends it.
 * A string is sent as it is, anything else as JSON.
 */
export async function raw(operation: string, body: unknown): Promise<Answer> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const signing = new SecretsManagerClient({
    region: client.config.region,
    credentials: client.config.credentials,
    ...(client.config.endpoint && { endpoint: client.config.endpoint }),
    maxAttempts: 1,
    requestHandler: { handle: send },
  });
  // Before the SDK computes the length and the signature.
  signing.middlewareStack.add(
    (next) => (args) => {
      const { request } = args;
      if (isRequest(request)) {
        request.body = text;
        request.headers["x-amz-target"] = `secretsmanager.${operation}`;
      }
      return next(args);
    },
    { step: "build", priority: "high", name: "replaceBody" },
  );
  try {
    await signing.send(new ListSecretsCommand({}));
  } catch (thrown) {
    if (thrown instanceof Answered) return thrown.answer;
    throw thrown;
  }
  throw new Error("The request was not sent.");
}

function isRequest(request: unknown): request is Request {
  return typeof request === "object" && request !== null && "headers" in request && "hostname" in request;
}

async function send({ protocol, hostname, port, path, headers, body = "" }: Request): Promise<never> {
  // fetch computes these two itself, to the values that were signed.
  const { host: _host, "content-length": _length, ...others } = headers;
  const url = `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}`;
  const response = await fetch(url, { method: "POST", headers: others, body });
  throw new Answered({
    status: response.status,
    body: JSON.parse(await response.text()),
    requestId: response.headers.get("x-amzn-requestid"),
  });
}
