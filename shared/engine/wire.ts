import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { readBounded } from "./bounded-reading.ts";
import { connectionFailure } from "./connection-errors.ts";
import type { Invocation, Login } from "./engine.ts";
import { type TlsOptions, tlsOptions } from "./tls.ts";

/** Milliseconds for a connection to be accepted. Who has accepted one may be resuming, which takes up to 20 s. */
const LONGEST_CONNECT_MS = 5000;

/** For one login, what a driver gets from the engine's caller: the engine hands the socket to it, and everything that the driver reads to `bound`. */
export interface Wire {
  /** Not connected yet. It ends with the step, whatever the driver does. */
  readonly socket: Socket;
  /** Options of tls.connect that verify chain and host name; false only if the secret says `"ssl": false`. */
  readonly tls: false | TlsOptions;
  /** Milliseconds that the login may take. */
  readonly timeout: number;
  /**
   * Bounds what a server may send, and keeps a driver that throws at nonsense from ending the process.
   *
   * @param stream the socket, or the TLS stream that the driver has put upon it: the one that the driver has begun to
   * listen to. A login through TLS for which no TLS stream was given fails: it would not be bounded.
   * @param read what of a chunk the driver may hear now; throws to end the connection.
   */
  bound(stream: Duplex, read?: (chunk: Buffer) => Buffer): void;
}

export interface OpenWire extends Wire {
  /** Whether all that was read from the socket has passed `bound`. */
  isBounded(): boolean;
}

export function openWire(login: Login, { deadline, settings, observe }: Invocation): OpenWire {
  const socket = new Socket({ signal: deadline.signal });
  const timeout = Math.ceil(deadline.remaining() * 0.8);
  const unaccepted = setTimeout(
    () => socket.connecting && socket.destroy(connectionFailure(login, "ETIMEDOUT")),
    Math.min(LONGEST_CONNECT_MS, timeout),
  );
  socket.once("connect", () => clearTimeout(unaccepted)).once("close", () => clearTimeout(unaccepted));
  observe?.(socket);
  const streams: Duplex[] = [];
  return {
    socket,
    get tls() {
      return tlsOptions(login, settings);
    },
    timeout,
    bound(stream, read) {
      streams.push(stream);
      if (stream !== socket) {
        observe?.(stream);
      }
      readBounded(stream, read);
    },
    // A driver with connections of its own leaves this socket alone; the contract shows whether it is bounded.
    isBounded: () =>
      socket.bytesRead === 0 || streams.some((stream) => login.tls === false || stream !== socket),
  };
}
