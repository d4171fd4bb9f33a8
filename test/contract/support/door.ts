import { once } from "node:events";
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";

/** Stands between the functions and Secrets Manager. */
export interface Door extends AsyncDisposable {
  readonly url: string;
  /** Waited for before a call is handed on. */
  onCall: (operation: string) => Promise<void>;
}

export async function openDoor(target: string): Promise<Door> {
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    const { authorization = "", "x-amz-target": operation = "" } = request.headers;
    await door.onCall(String(operation).replace("secretsmanager.", ""));
    const headers = { authorization, "x-amz-target": String(operation) };
    const answer = await fetch(target, { method: "POST", headers, body });
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
    response.end(await answer.text());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("A TCP server has a port.");
  const door: Door = {
    url: `http://127.0.0.1:${address.port}`,
    onCall: async () => {},
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
  return door;
}
