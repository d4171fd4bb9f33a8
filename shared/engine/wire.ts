import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { readBounded } from "./bounded-reading.ts";
import type { Invocation, Login } from "./engine.ts";
import { type TlsOptions, tlsOptions } from "./tls.ts";

/** Milliseconds until a connection must be accepted. After that the server may be resuming, which takes up to 20 s. */
const LONGEST_CONNECT_MS = 5000;

/** Socket and TLS options of one login. The engine hands `socket` to the driver, and each stream that the driver reads to `bound`. */
export interface Wire {
  /** Not connected yet. The step's deadline destroys it, whatever the driver does. */
  readonly socket: Socket;
  /** Options of tls.connect that verify chain and host name; false only if the secret says `"ssl": false`. */
  readonly tls: false | TlsOptions;
  /** Milliseconds that the login may take. */
  readonly timeout: number;
  /**
   * Bounds what a server may send, and keeps an exception in the driver's listener from ending the process.
   *
   * @param stream the stream that the driver listens to: the socket, or the TLS stream on it. With TLS, a login fails unless
   * the TLS stream was given.
   * @param read returns the bytes of a chunk that the driver gets now. Throws to end the connection.
   */
  bound(stream: Duplex, read?: (chunk: Buffer) => Buffer): void;
}

export interface OpenWire extends Wire {
  /** Whether everything read from the socket has passed `bound`. */
  isBounded(): boolean;
}

export function openWire(login: Login, { deadline, settings, observe }: Invocation): OpenWire {
  const socket = new Socket({ signal: deadline.signal });
  const timeout = Math.ceil(deadline.remaining() * 0.8);
  const unaccepted = setTimeout(
    // Not a RotationError: mysql2 adds properties to the error that it gets.
    () => socket.connecting && socket.destroy(Object.assign(new Error("timeout"), { code: "ETIMEDOUT" })),
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
    // A driver may open its own connections and leave this socket unused. A case of the contract shows if it is bounded.
    isBounded: () =>
      socket.bytesRead === 0 || streams.some((stream) => login.tls === false || stream !== socket),
  };
}
