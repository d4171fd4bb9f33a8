import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { listen } from "../../support/listen.ts";
import type { EndlessAnswer } from "../contract-server.ts";

/** Bytes after which a flood stops, so that a client that bounds nothing does not take all memory. */
const MOST = 96 * 1024 * 1024;

export interface Flood extends AsyncDisposable {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Bytes that the client has taken since the answer became endless. */
  readonly swallowed: number;
}

/** Hands so many answers of the server on, and goes on for ever instead of the next one. */
export async function openFlood(target: number, before: number, endless: EndlessAnswer): Promise<Flood> {
  const sockets = new Set<Socket>();
  let swallowed = 0;
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port: target, host: "127.0.0.1", noDelay: true });
    for (const side of [client, upstream]) {
      sockets.add(side);
      side.on("error", () => {}).on("close", () => sockets.delete(side));
    }
    client.on("close", () => upstream.destroy());
    let answered = 0;
    let floods = false;
    let asked = true; // Some servers speak first.
    client.on("data", (chunk) => {
      asked = true;
      if (!floods) upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      if (floods) return;
      floods = asked && answered++ >= before;
      asked = false;
      if (floods) void flood(client);
      else client.write(chunk);
    });
    upstream.on("close", () => {
      if (!floods) client.destroySoon();
    });
  });
  async function flood(client: Socket): Promise<void> {
    for (let index = 0; swallowed < MOST && !client.destroyed; index++) {
      const piece = endless.piece(index);
      // A reader that is gone never drains.
      if (!client.write(piece))
        await Promise.race([once(client, "drain"), once(client, "close")]).catch(() => {});
      swallowed += piece.length;
    }
  }
  const port = await listen(server);
  return {
    port,
    get swallowed() {
      return swallowed;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
