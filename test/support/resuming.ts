import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { listen } from "./listen.ts";

/**
 * A proxy that accepts connections at once and forwards them to a server on this machine. The first connection gets no
 * data for so many milliseconds, as from a database that resumes.
 */
export async function startResuming(
  target: number,
  milliseconds: number,
): Promise<{ readonly port: number } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  let first = true;
  const server = createServer({ pauseOnConnect: true }, async (client) => {
    sockets.add(client.on("error", () => {}));
    const delay = first ? milliseconds : 0;
    first = false;
    await wait(delay, undefined, { ref: false });
    const upstream = connect(target, "127.0.0.1").on("error", () => {});
    sockets.add(upstream);
    client.pipe(upstream).pipe(client);
    client.resume();
  });
  return {
    port: await listen(server),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
