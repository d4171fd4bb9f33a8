import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export interface Freezer extends Disposable {
  readonly port: number;
  /** From now on it is a client that was stopped: the server hears nothing from it, and no end of the connection. */
  freeze(): void;
  /** What of the client's bytes goes on to the server, and when. */
  onSent(change: (chunk: Buffer) => Buffer | Promise<Buffer>): void;
}

/** A proxy in front of a server, for sessions without TLS. */
export async function startFreezer(port: number): Promise<Freezer> {
  const sockets: Socket[] = [];
  let frozen = false;
  let edit: (chunk: Buffer) => Buffer | Promise<Buffer> = (chunk) => chunk;
  const proxy = createServer((client) => {
    const server = connect(port, "127.0.0.1");
    sockets.push(client, server);
    let sent = Promise.resolve();
    const send = async (chunk: Buffer) => {
      const edited = await edit(chunk);
      if (!frozen) server.write(edited);
    };
    client.on("data", (chunk) => {
      sent = sent.then(() => send(chunk));
    });
    server.on("data", (chunk) => void (frozen || client.write(chunk)));
    client.on("close", () => void (frozen || server.destroy()));
    server.on("close", () => client.destroy());
    for (const side of [client, server]) side.on("error", () => {});
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  return {
    port: (proxy.address() as { port: number }).port,
    freeze: () => {
      frozen = true;
    },
    onSent: (change) => {
      edit = change;
    },
    [Symbol.dispose]: () => {
      proxy.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
