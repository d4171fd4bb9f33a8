import type { Duplex } from "node:stream";

/** One side of a connection, read as a protocol reads it: so many bytes at a time. */
export interface Wire {
  /** @throws when the other end has gone before so many bytes came. */
  take(bytes: number): Promise<Buffer>;
  /** What has come, at least one byte. @throws when the other end has gone. */
  chunk(): Promise<Buffer>;
  write(data: Buffer): void;
  /** After what was written. */
  end(): void;
  /** Hands on whatever comes unasked, until the returned function is called. */
  flowTo(other: Wire): () => void;
  /** Reads no more: what has not been taken is still in the stream, so that TLS can begin in the middle. */
  release(): Duplex;
}

export function wireOf(stream: Duplex): Wire {
  let wake = () => {};
  const onEvent = () => wake();
  const events = ["readable", "end", "close"] as const;
  // For good: a listener that comes while something is left unread is called at once, again and again.
  for (const event of events) stream.on(event, onEvent);
  return {
    take: async (bytes) => {
      if (bytes === 0) return Buffer.alloc(0);
      for (;;) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        const taken: Buffer | null = stream.read(bytes);
        if (taken?.length === bytes) return taken;
        if (taken || stream.readableEnded || stream.destroyed) throw new Error("The other end has gone.");
        await promise;
      }
    },
    chunk: async () => {
      for (;;) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        const taken: Buffer | null = stream.read();
        if (taken) return taken;
        if (stream.readableEnded || stream.destroyed) throw new Error("The other end has gone.");
        await promise;
      }
    },
    write: (data) => {
      if (stream.writable) stream.write(data);
    },
    end: () => void stream.end(),
    flowTo: (other) => {
      wake = () => {
        for (let data = stream.read(); data !== null; data = stream.read()) other.write(data);
      };
      wake();
      return () => {
        wake = () => {};
      };
    },
    release: () => {
      for (const event of events) stream.off(event, onEvent);
      return stream;
    },
  };
}
