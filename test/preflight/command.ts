import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Stack } from "../../local/stack.ts";

const MAIN = join(import.meta.dirname, "../../preflight/main.ts");

/** As whom the local services know the operator. */
export const PREFLIGHT_ACCESS_KEY = "AKIALOCALPREFLIGHT000";

/** Lambda's Invoke, of one function: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
export interface LambdaService extends AsyncDisposable {
  readonly url: string;
}

/** @param allow whether an access key may invoke the function. */
export async function startLambda(
  { rotationFunction }: Stack,
  allow: (accessKey: string) => boolean = () => true,
): Promise<LambdaService> {
  const name = rotationFunction.arn.split(":").at(-1);
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const [, asked] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(request.url ?? "") ?? [];
    const [, accessKey = ""] = /Credential=([^/]+)\//.exec(request.headers.authorization ?? "") ?? [];
    const refuse = (status: number, type: string) =>
      response
        .writeHead(status, { "x-amzn-errortype": type })
        .end(JSON.stringify({ Message: `User is not authorized to perform: lambda:InvokeFunction` }));
    if (!allow(accessKey)) return refuse(403, "AccessDeniedException");
    if (![name, rotationFunction.arn].includes(decodeURIComponent(asked ?? ""))) {
      return refuse(404, "ResourceNotFoundException");
    }
    try {
      return response.end(JSON.stringify(await rotationFunction.ask(JSON.parse(body))));
    } catch (error) {
      const errorMessage = error instanceof Error ? error.message : String(error);
      return response
        .writeHead(200, { "x-amz-function-error": "Unhandled" })
        .end(JSON.stringify({ errorMessage }));
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("A TCP server has a port.");
  return {
    url: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** What `npm run preflight --` runs. */
export async function preflight(
  stack: Stack,
  lambda: LambdaService,
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const program = spawn(process.execPath, [MAIN, ...args], {
    env: {
      PATH: process.env.PATH,
      NO_COLOR: "1",
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: stack.url,
      AWS_ENDPOINT_URL_LAMBDA: lambda.url,
      AWS_REGION: stack.secretsManager.region,
      AWS_ACCESS_KEY_ID: PREFLIGHT_ACCESS_KEY,
      AWS_SECRET_ACCESS_KEY: "local",
      ...environment,
    },
  });
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(program.stdout),
    text(program.stderr),
    once(program, "close"),
  ]);
  return { exitCode, stdout, stderr };
}
