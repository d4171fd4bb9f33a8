import { type Readable, Transform } from "node:stream";

/** Maximum bytes of an answer. A secret has at most 64 KiB, and up to six times as much as escaped JSON. */
const LARGEST_ANSWER = 1024 * 1024;

/** Bounds the body of an answer, which the SDK reads into memory. */
export function boundedBody(body: Readable): Readable {
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      done(bytes > LARGEST_ANSWER ? new RangeError("The answer is too large.") : null, chunk);
    },
  });
  // stream.pipeline() does the same, but takes longer: each call creates an AbortController and an exception.
  body.on("error", (error) => counted.destroy(error));
  body.on("close", () => body.readableEnded || counted.destroy(new Error("The answer is incomplete.")));
  counted.on("close", () => body.destroy());
  return body.pipe(counted);
}
