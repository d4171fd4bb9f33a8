import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { ServerCertificate } from "../../local/certificates.ts";

/** A TCP server that remembers what it has heard. */
export interface Listener extends Disposable {
  readonly port: number;
  /** What clients said for everybody on the way to hear, one connection each. */
  readonly heard: readonly Buffer[];
  /** What they said inside of TLS. */
  readonly confided: readonly Buffer[];
}

/** Servers with the same keys of tickets go on with each other's TLS sessions. */
export type Presented = ServerCertificate & { readonly ticketKeys?: Buffer };

/** One connection, seen from the server. */
export interface Line {
  /** Replaces what is done with the next words of the client. */
  onWords(listen: (words: Buffer) => void): void;
  say(words: Buffer): void;
  /** Goes on inside of TLS, whose first words may have come already. */
  encrypt(certificate: Presented, already?: Buffer): void;
  hangUp(): void;
  /** True once the client has gone. */
  readonly gone: boolean;
}

export async function listen(answer: (line: Line) => void): Promise<Listener> {
  const heard: Buffer[] = [];
  const confided: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay().on("close", () => sockets.delete(socket));
    answer(lineOf(socket, heard, confided));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port, // Of TCP servers it is no string.
    heard,
    confided,
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

function lineOf(raw: Socket, heard: Buffer[], confided: Buffer[]): Line {
  let current: Socket = raw;
  let onWords: (words: Buffer) => void = () => {};
  const remember = (socket: Socket, memory: Buffer[]) => {
    const index = memory.push(Buffer.alloc(0)) - 1;
    socket
      .on("error", () => {})
      .on("data", (words: Buffer) => {
        memory[index] = Buffer.concat([memory[index] ?? words, words]);
        onWords(words);
      });
  };
  remember(raw, heard);
  return {
    onWords: (listener) => {
      onWords = listener;
    },
    say: (words) => {
      if (current.writable) current.write(words);
    },
    encrypt: ({ certificate, ...others }, already) => {
      raw.removeAllListeners("data").pause();
      if (already && already.length > 0) raw.unshift(already);
      current = new TLSSocket(raw, { isServer: true, cert: certificate, ...others });
      remember(current, confided);
    },
    hangUp: () => void raw.destroy(),
    get gone() {
      return raw.destroyed;
    },
  };
}
