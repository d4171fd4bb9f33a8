import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { listen } from "./listen.ts";

export interface TcpProxy extends AsyncDisposable {
  /** On 127.0.0.1. */
  readonly port: number;
  /** What the clients have sent, one connection each, in the order in which they came. */
  readonly sent: readonly Buffer[];
}

/**
 * Stands between a client and a server on this machine, and keeps what the client says in its own words.
 *
 * @param onChunk is called before a piece is handed on, in either direction.
 * @param rewrite makes what the server hears of what the client sends.
 */
export async function startTcpProxy(
  target: number,
  onChunk: () => void = () => {},
  rewrite: (sent: Buffer) => Buffer = (sent) => sent,
): Promise<TcpProxy> {
  const sent: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const connection = sent.push(Buffer.alloc(0)) - 1;
    const upstream = connect(target, "127.0.0.1");
    client.on("data", (chunk) => {
      sent[connection] = Buffer.concat([sent[connection] ?? Buffer.alloc(0), chunk]);
      onChunk();
      upstream.write(rewrite(chunk));
    });
    upstream.on("data", (chunk) => {
      onChunk();
      client.write(chunk);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      // A side that is killed resets its connection; the other one is to see the end of it.
      one
        .on("error", () => {})
        .on("close", () => {
          sockets.delete(one);
          other.destroySoon();
        });
    }
  });
  const port = await listen(server);
  return {
    port,
    sent,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
