import { pipeline, type Readable, Transform } from "node:stream";

/** Bytes. The largest secret is 64 KiB; escaped as JSON it can be six times that. */
const LARGEST_ANSWER = 1024 * 1024;

/** The body of an answer, which is read as a whole: an endless one ends in an error before it fills the memory. */
export function boundedBody(body: Readable): Readable {
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      done(bytes > LARGEST_ANSWER ? new RangeError("The answer is too large.") : null, chunk);
    },
  });
  return pipeline(body, counted, () => {}); // Whoever reads it hears of the error.
}
