import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** Stands between the function and the server, and ends the second session of an invocation, the master's, once. */
export interface CuttingProxy extends AsyncDisposable {
  /** On 127.0.0.1. */
  readonly port: number;
  /**
   * From now on: when the second client says its nth thing, the connection ends, before the server gets it or before
   * the client gets the answer.
   */
  interrupt(moment: "before" | "after", nth: number, onInterruption: () => void): void;
  leaveAlone(): void;
}

export async function startCuttingProxy(target: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let clients = 0;
  let plan: { moment: "before" | "after"; nth: number; onInterruption: () => void } | undefined;

  const server = createServer({ noDelay: true }, (client) => {
    clients++;
    const planned = clients === 2 ? plan : undefined;
    const upstream = connect({ port: target, host: "127.0.0.1", noDelay: true });
    let said = 0;
    const end = () => {
      planned?.onInterruption();
      client.destroy();
      upstream.destroy();
    };
    client.on("data", (chunk) => {
      said++;
      if (said === planned?.nth && planned.moment === "before") end();
      else upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      if (said === planned?.nth) end();
      else client.write(chunk);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one
        .on("error", () => {})
        .on("close", () => {
          sockets.delete(one);
          other.destroySoon();
        });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("A TCP server has a port.");
  return {
    port: address.port,
    interrupt: (moment, nth, onInterruption) => {
      clients = 0;
      plan = { moment, nth, onInterruption };
    },
    leaveAlone: () => {
      plan = undefined;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
