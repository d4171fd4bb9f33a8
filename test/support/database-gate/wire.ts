import type { Duplex } from "node:stream";

/** One side of a connection, for protocols that read a known number of bytes at a time. */
export interface Wire {
  /** @throws if the other end closes before so many bytes have arrived. */
  take(bytes: number): Promise<Buffer>;
  /** All bytes that have arrived, at least one. @throws if the other end has closed. */
  chunk(): Promise<Buffer>;
  write(data: Buffer): void;
  /** Ends this side after the data that was written. */
  end(): void;
  /** Forwards data that arrives between requests, until the returned function is called. */
  flowTo(other: Wire): () => void;
  /** Stops reading. Bytes that were not taken stay in the stream, so that TLS can begin in the middle. */
  release(): Duplex;
}

export function wireOf(stream: Duplex): Wire {
  let wake = () => {};
  const onEvent = () => wake();
  const events = ["readable", "end", "close"] as const;
  // The listeners stay attached: Node calls a listener again and again if it is added while data is unread.
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
