import type { Duplex } from "node:stream";
import { RotationError } from "../report/errors.ts";

/** Bytes that a server may say on one connection, which are kept in memory. What a rotation reads of a catalog is less. */
const MOST = 32 * 1024 * 1024;

/** The code of the error that a connection ends with over what is no message of the protocol. */
export const NO_MESSAGE = "EBADMSG";

/**
 * Stands between a connection and the driver that listens to it. A driver that throws at what it hears would end the
 * process, since nobody catches what a listener throws; and it keeps in memory whatever comes.
 *
 * @param stream the one that the driver has begun to listen to.
 * @param read what of it the driver may hear now; throws to end the connection.
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
