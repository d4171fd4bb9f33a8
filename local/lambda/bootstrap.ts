import { Agent, type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { logAsLambdaDoes, logError, setRequestId } from "./console.ts";

// The runtime client of an execution environment: it loads the handler, then asks for one invocation after the other. It
// behaves like AWS's (aws-lambda-ric 4, https://github.com/aws/aws-lambda-nodejs-runtime-interface-client), which needs a C++
// compiler to install; streamed responses are left out, because no rotation function has any.

type Context = {
  awsRequestId: string;
  functionName: string | undefined;
  functionVersion: string | undefined;
  invokedFunctionArn: string | undefined;
  memoryLimitInMB: string | undefined;
  logGroupName: string | undefined;
  logStreamName: string | undefined;
  getRemainingTimeInMillis(): number;
};
type Handler = (event: unknown, context: Context) => unknown;

const { AWS_LAMBDA_RUNTIME_API = "", _HANDLER = "", LAMBDA_TASK_ROOT = "" } = process.env;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

logAsLambdaDoes();
const handler = await loadHandler().catch(async (error: unknown) => {
  logError(error);
  await post("init/error", serialized(error));
  throw error;
});
for (;;) await serve(handler);

async function loadHandler(): Promise<Handler> {
  const [, module = "", name = ""] = /^([^.]*)\.(.*)$/.exec(_HANDLER) ?? [];
  const url = pathToFileURL(join(LAMBDA_TASK_ROOT, `${module}.mjs`)).href;
  const exported: Record<string, unknown> = await import(url).catch((error: unknown) => {
    throw error instanceof SyntaxError ? runtimeError("Runtime.UserCodeSyntaxError", String(error)) : error;
  });
  const found = exported[name];
  if (typeof found !== "function") {
    throw runtimeError("Runtime.HandlerNotFound", `${_HANDLER} is undefined or not exported`);
  }
  if (found.length >= 3) {
    throw runtimeError(
      "Runtime.CallbackHandlerDeprecated",
      "ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24.",
    );
  }
  return (event, context) => found(event, context);
}

async function serve(handler: Handler): Promise<void> {
  const next = await call("GET", "invocation/next");
  const event: unknown = JSON.parse(await text(next));
  const context = contextOf(next);
  const { awsRequestId } = context;
  process.env._X_AMZN_TRACE_ID = String(next.headers["lambda-runtime-trace-id"]);
  setRequestId(awsRequestId);
  try {
    const response = (await handler(event, context)) ?? null;
    await flush();
    await post(`invocation/${awsRequestId}/response`, response);
  } catch (error) {
    logError(error);
    await flush();
    await post(`invocation/${awsRequestId}/error`, serialized(error));
  }
}

function contextOf({ headers }: IncomingMessage): Context {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  return {
    awsRequestId: String(headers["lambda-runtime-aws-request-id"]),
    invokedFunctionArn: String(headers["lambda-runtime-invoked-function-arn"]),
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

/** The error as the function's caller receives it: without `cause` and other own properties. */
function serialized(error: unknown): object {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: error.stack?.split("\n") ?? [] };
}

function runtimeError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

/** Waits for writes that are queued because the pipe is full (a few hundred lines). Log lines must precede the response. */
async function flush(): Promise<void> {
  for (const output of [process.stdout, process.stderr]) {
    const { promise, resolve } = Promise.withResolvers<void>();
    output.write("", () => resolve());
    await promise;
  }
}

async function post(path: string, body: unknown): Promise<void> {
  const response = await call("POST", path, JSON.stringify(body));
  await text(response);
}

function call(method: string, path: string, body?: string): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const [host, port] = AWS_LAMBDA_RUNTIME_API.split(":");
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  request({ host, port, method, path: `/2018-06-01/runtime/${path}`, headers, agent }, resolve)
    .on("error", reject)
    .end(body);
  return promise;
}
