import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Wire } from "../../shared/engine/wire.ts";

/**
 * Bounds what the server may send, in plaintext and then through TLS. The driver starts TLS without an event: it removes its
 * listener from the socket, creates a TLSSocket on it, and listens to that. All of this happens in one task, so a microtask
 * after the listener is removed the new stream exists and has read nothing yet.
 */
export function boundPlaintextAndTls({ socket, bound }: Wire, driver: object): void {
  bound(socket); // Removes the driver's listener, too: so it comes before the watch below.
  socket.on("removeListener", function begins(event) {
    if (event !== "data") {
      return;
    }
    socket.off("removeListener", begins);
    queueMicrotask(() => {
      const secured = tlsStream(driver);
      // The driver would keep the TLS session. A resumed session does not verify the certificate.
      secured?.removeAllListeners("session");
      bound(secured ?? socket);
    });
  });
}

/** Returns the code of a TLS error from the socket. The driver replaces it with a code of its own. */
export function tlsOutcome(driver: object): { verified: boolean; code: string | undefined } {
  const stream = tlsStream(driver);
  // The type is Error, but Node stores the code only.
  const code: unknown = stream?.authorizationError;
  return { verified: stream?.authorized === true, code: typeof code === "string" ? code : undefined };
}

function tlsStream(driver: object): TLSSocket | undefined {
  return "stream" in driver && driver.stream instanceof TLSSocket ? driver.stream : undefined;
}

/** Returns the version in the server's greeting, from a private property of the driver. */
export function greetingVersion(driver: object): string {
  const packet = "_handshakePacket" in driver ? driver._handshakePacket : undefined;
  return typeof packet === "object" && packet !== null && "serverVersion" in packet
    ? String(packet.serverVersion)
    : "";
}

/**
 * Ends the connection if the server sends more than its greeting before TLS starts. An attacker on the network could
 * otherwise insert an error, or a request for another authentication (as in CVE-2021-23222).
 *
 * @returns the socket, for the driver.
 */
export function onlyGreetingInPlaintext(socket: Socket): Socket {
  let received = Buffer.alloc(0);
  return socket.on("data", (chunk: Buffer) => {
    // The driver removes this listener with its own when it starts TLS.
    received = Buffer.concat([received, chunk]);
    // A packet is three bytes of length, one of sequence, and the payload.
    if (received.length > 3 && received.length > 4 + received.readUIntLE(0, 3)) {
      socket.destroy(Object.assign(new Error("more than a greeting"), { code: "EPROTO" }));
    }
  });
}
