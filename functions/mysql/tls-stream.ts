import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { readCarefully } from "../../shared/engine/careful-reading.ts";

/**
 * Stands between the driver and what the server says, in clear text and then through TLS.
 *
 * The driver begins TLS in the middle of a connection and tells nobody: it stops listening to the socket, makes a
 * TLSSocket upon it, and listens to that one. All of this happens in one go, so that whoever sees the listener go finds
 * the new stream a microtask later, before it has heard a byte.
 *
 * @param driver has begun to listen to the socket.
 */
export function readBothCarefully(socket: Socket, driver: object): void {
  readCarefully(socket); // It takes the driver's listener away itself, which is not what is watched for below.
  socket.on("removeListener", function begins(event) {
    if (event !== "data") {
      return;
    }
    socket.off("removeListener", begins);
    queueMicrotask(() => {
      const secured = tlsStream(driver);
      // The driver would keep the session, and who goes on with one verifies no certificate any more.
      secured?.removeAllListeners("session");
      readCarefully(secured ?? socket);
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
