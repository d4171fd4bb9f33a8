import { once } from "node:events";
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";

/** A proxy between the functions and Secrets Manager. */
export interface SecretsManagerProxy extends AsyncDisposable {
  readonly url: string;
  /** Awaited before a call is passed on. */
  onCall: (operation: string) => Promise<void>;
}

export async function startSecretsManagerProxy(target: string): Promise<SecretsManagerProxy> {
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    const { authorization = "", "x-amz-target": operation = "" } = request.headers;
    await proxy.onCall(String(operation).replace("secretsmanager.", ""));
    const headers = { authorization, "x-amz-target": String(operation) };
    const answer = await fetch(target, { method: "POST", headers, body });
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
    response.end(await answer.text());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("A TCP server has a port.");
  const proxy: SecretsManagerProxy = {
    url: `http://127.0.0.1:${address.port}`,
    onCall: async () => {},
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
  return proxy;
}
