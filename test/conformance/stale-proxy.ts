import { createServer } from "node:http";

export interface Answer {
  status: number;
  body: string;
}

/** Decides what becomes of one request: the answer of the service, or another in its place. */
export type Interference = (operation: string, forward: () => Promise<Answer>) => Promise<Answer>;

/** A proxy in front of Secrets Manager, on 127.0.0.1, that may answer as a replica that lags behind does. */
export async function startProxy(target: string, interfere: Interference) {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const headers = {
      "content-type": String(request.headers["content-type"]),
      "x-amz-target": String(request.headers["x-amz-target"]),
      authorization: String(request.headers.authorization),
    };
    const forward = async () => {
      const answer = await fetch(target, { method: "POST", headers, body: Buffer.concat(chunks) });
      return { status: answer.status, body: await answer.text() };
    };
    const { status, body } = await interfere(headers["x-amz-target"].replace(/^.*\./, ""), forward);
    response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The proxy has no TCP address.");
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
