import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { listen } from "./listen.ts";

export interface TcpProxy extends AsyncDisposable {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Bytes that clients have sent: one buffer for each connection, in the order of the connections. */
  readonly sent: readonly Buffer[];
}

/**
 * Starts a proxy between a client and a server on this machine. It records the bytes that the client sends, as they
 * are.
 *
 * @param onChunk is called before a piece of data is forwarded, in either direction.
 * @param rewrite returns the bytes that the server gets in place of those that the client sent.
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
      // A killed side resets its connection. The other side sees the end of the connection.
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
