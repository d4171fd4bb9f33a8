import type { Socket } from "node:net";

/**
 * Ends the connection if the server says more than its greeting before TLS begins: somebody between could slip in an
 * error or a request for another way to authenticate, and the driver would take it for the server's own (the kind of
 * fault that CVE-2021-23222 was in PostgreSQL's client). For the driver to have as its stream.
 */
export function onlyGreetingInClear(socket: Socket): Socket {
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
