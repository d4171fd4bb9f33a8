import type { Duplex } from "node:stream";
import { RotationError } from "../report/errors.ts";

/** Maximum bytes that a server may send on one connection. The driver keeps them in memory. A rotation reads fewer. */
const MOST = 32 * 1024 * 1024;

/** The code of the error that ends a connection after bytes that are no message of the protocol. */
export const NO_MESSAGE = "EBADMSG";

/**
 * Puts a filter between a stream and the driver that listens to it. Without the filter, an endless answer would fill the
 * memory, and an exception in the driver's listener would end the process.
 *
 * @param stream the stream that the driver listens to.
 * @param read returns the bytes that the driver gets now. Throws to end the connection.
 */
export function readBounded(stream: Duplex, read: (chunk: Buffer) => Buffer = (chunk) => chunk): void {
  let bytes = 0;
  const listeners = stream.listeners("data") as ((chunk: Buffer) => void)[];
  for (const listener of listeners) {
    stream.off("data", listener);
  }
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    try {
      if (bytes > MOST) {
        throw new Error("The server does not come to an end.");
      }
      const heard = read(chunk);
      for (const listener of heard.length > 0 ? listeners : []) {
        listener.call(stream, heard);
      }
    } catch (error) {
      const ours = error instanceof RotationError;
      stream.destroy(ours ? error : Object.assign(new Error("no message"), { code: NO_MESSAGE }));
    }
  });
}
