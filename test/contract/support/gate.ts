import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { listen } from "../../support/listen.ts";

/**
 * What becomes of an answer: it is handed on, the connection is cut, nothing more is heard of the server (silence), or
 * neither side hears anything of the other any more, not even that the connection has ended (freeze).
 */
export type Verdict = "pass" | "cut" | "silence" | "freeze";

/** Stands between the engine and the server, sees the bytes and decides what goes on, one statement at a time. */
export interface Gate extends AsyncDisposable {
  /** On 127.0.0.1. */
  readonly port: number;
  /** What the clients have sent, one connection each, in the order in which they came. */
  readonly sent: readonly Buffer[];
  /** Waited for before a new connection is handed on. */
  onConnection: () => Promise<void>;
  /**
   * Waited for when the server begins to answer, having done what it was asked for: the client has not heard of it
   * yet. What a server says unasked, and the rest of a long answer, are no answers of their own.
   */
  onAnswer: () => Verdict | Promise<Verdict>;
  /** Changes what the client sends. */
  rewriteRequest: (chunk: Buffer) => Buffer;
  /** Changes what the server sends. */
  rewriteAnswer: (chunk: Buffer) => Buffer;
  /** From now on, as if the clients of all connections were stopped, and the network knew nothing of it. */
  freeze(): void;
}

export async function openGate(target: number): Promise<Gate> {
  const sent: Buffer[] = [];
  const sockets = new Set<Socket>();
  const freezers = new Set<() => void>();
  const server = createServer({ noDelay: true }, (client) => {
    const connection = sent.push(Buffer.alloc(0)) - 1;
    const upstream = connect({ port: target, host: "127.0.0.1", noDelay: true });
    const sides = [client, upstream];
    let asked = false;
    let silent = false;
    for (const side of sides) {
      sockets.add(side);
      side.on("error", () => {}).on("close", () => sockets.delete(side));
    }
    let isStuck = false;
    const cut = () => {
      if (isStuck) return;
      for (const side of sides) side.destroySoon(); // What was handed on arrives.
    };
    const handRequestsOn = async () => {
      await gate.onConnection();
      for await (const chunk of client) {
        sent[connection] = Buffer.concat([sent[connection] ?? Buffer.alloc(0), chunk]);
        asked = true;
        if (!silent && !isStuck) upstream.write(gate.rewriteRequest(chunk));
      }
    };
    freezers.add(() => {
      isStuck = true;
    });
    const handAnswersOn = async () => {
      for await (const chunk of upstream) {
        const verdict = asked ? await gate.onAnswer() : "pass";
        asked = false;
        if (verdict === "cut") return;
        silent ||= verdict === "silence";
        isStuck ||= verdict === "freeze";
        if (!silent && !isStuck) client.write(gate.rewriteAnswer(chunk));
      }
    };
    // Whichever side ends first, by itself or by a reset, is the end of the other one, too.
    Promise.race([handRequestsOn(), handAnswersOn()]).then(cut, cut);
  });
  const port = await listen(server);
  const gate: Gate = {
    port,
    sent,
    onConnection: async () => {},
    onAnswer: () => "pass",
    rewriteRequest: (chunk) => chunk,
    rewriteAnswer: (chunk) => chunk,
    freeze: () => {
      for (const freeze of freezers) freeze();
    },
    [Symbol.asyncDispose]: () => close(server, sockets),
  };
  return gate;
}

/** From now on so many answers arrive, and with the next one the connection is lost. */
export function cutAfter(gate: Gate, answers: number): { happened: boolean } {
  const cut = { happened: false };
  let answered = 0;
  gate.onAnswer = () => {
    cut.happened = answered++ >= answers;
    return cut.happened ? "cut" : "pass";
  };
  return cut;
}

/** Accepts connections and says nothing, ever. */
export async function openSilentPort(): Promise<{ readonly port: number } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  return { port: await listen(server), [Symbol.asyncDispose]: () => close(server, sockets) };
}

/** A port on which no program listens. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await close(server, new Set());
  return port;
}

/** Lets so many callers through together, and all later ones. */
export function barrier(callers: number): () => Promise<void> {
  const all = Promise.withResolvers<void>();
  let arrived = 0;
  return () => {
    arrived++;
    if (arrived === callers) all.resolve();
    return all.promise;
  };
}

async function close(server: Server, sockets: Set<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  server.close();
  await once(server, "close");
}
