import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Wire } from "../../shared/engine/wire.ts";

/**
 * Bounds what the server may send, in plaintext and then through TLS. The driver, which listens to the socket, begins TLS
 * without an event: it stops listening, makes a TLSSocket upon the socket, and listens to that one. All of this happens in
 * one go: the new stream is there a microtask after the listener has gone, before it has heard a byte.
 */
export function boundBoth({ socket, bound }: Wire, driver: object): void {
  bound(socket); // It takes the driver's listener away itself, which is not what is watched for below.
  socket.on("removeListener", function begins(event) {
    if (event !== "data") {
      return;
    }
    socket.off("removeListener", begins);
    queueMicrotask(() => {
      const secured = tlsStream(driver);
      // The driver would keep the session, and a resumed session verifies no certificate.
      secured?.removeAllListeners("session");
      bound(secured ?? socket);
    });
  });
}

/** The driver overwrites the code of a TLS error with one of its own; the socket has kept it. */
export function tlsOutcome(driver: object): { verified: boolean; code: string | undefined } {
  const stream = tlsStream(driver);
  // The types say Error; Node keeps the code alone.
  const code: unknown = stream?.authorizationError;
  return { verified: stream?.authorized === true, code: typeof code === "string" ? code : undefined };
}

function tlsStream(driver: object): TLSSocket | undefined {
  return "stream" in driver && driver.stream instanceof TLSSocket ? driver.stream : undefined;
}

/** The version that the server has greeted with, which the driver keeps to itself. */
export function greetedVersion(driver: object): string {
  const packet = "_handshakePacket" in driver ? driver._handshakePacket : undefined;
  return typeof packet === "object" && packet !== null && "serverVersion" in packet
    ? String(packet.serverVersion)
    : "";
}

/**
 * Ends the connection if the server says more than its greeting before TLS begins: a machine in between could slip in an
 * error or a request for another way to authenticate (as in CVE-2021-23222). For the driver to have as its stream.
 */
export function onlyGreetingInPlaintext(socket: Socket): Socket {
  let heard = Buffer.alloc(0);
  return socket.on("data", (chunk: Buffer) => {
    // The driver removes this listener with its own when it begins TLS.
    heard = Buffer.concat([heard, chunk]);
    // A packet is three bytes of length, one of sequence, and the payload.
    if (heard.length > 3 && heard.length > 4 + heard.readUIntLE(0, 3)) {
      socket.destroy(Object.assign(new Error("more than a greeting"), { code: "EPROTO" }));
    }
  });
}
