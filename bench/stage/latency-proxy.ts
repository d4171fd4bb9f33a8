import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export interface LatencyProxy extends AsyncDisposable {
  /** Port on 127.0.0.1. */
  readonly port: number;
  /** Added latency of each round trip, in milliseconds. */
  latency: number;
}

/**
 * Starts a proxy between the function and a server. It delays the server's answers, and the first data of a new connection,
 * because TCP's handshake takes a round trip too.
 */
export async function startLatencyProxy(target: number): Promise<LatencyProxy> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, async (client) => {
    keep(client);
    if (proxy.latency > 0) await sleep(proxy.latency);
    const upstream = keep(connect({ port: target, host: "127.0.0.1", noDelay: true }));
    client.on("data", (chunk) => upstream.write(chunk));
    client.on("close", () => upstream.destroySoon());
    const answer = (work: () => void) => {
      if (proxy.latency > 0) setTimeout(work, proxy.latency);
      else work();
    };
    upstream.on("data", (chunk) => answer(() => client.write(chunk)));
    upstream.on("close", () => answer(() => client.destroySoon()));
  });
  const keep = (socket: Socket) => {
    sockets.add(socket);
    return socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no TCP address.");
  const proxy = {
    port: address.port,
    latency: 0,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
  return proxy;
}
