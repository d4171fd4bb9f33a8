/**
 * Lines that this process has written, functions included, by the secret that a function's logger named. Undefined: no logger
 * did. A line is parsed once: a campaign has many thousands of them.
 */
const lines = new Map<unknown, string[]>();

const streams = [process.stdout, process.stderr];
const write = process.stderr.write.bind(process.stderr);

/** From now on nothing that a function writes reaches the terminal. */
export function captureOutput(): void {
  for (const stream of streams) {
    stream.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
      for (const line of String(chunk).split("\n").filter(Boolean)) {
        const secret = secretOf(line);
        const others = lines.get(secret);
        if (others) others.push(line);
        else lines.set(secret, [line]);
      }
      const done = rest.find((one) => typeof one === "function");
      if (done) done();
      return true;
    };
  }
}

/** For people: past the capture. */
export function tell(text: string): void {
  write(`${text}\n`);
}

/** Takes the lines out that a function has logged about a secret; those that no function's logger wrote stay. */
export function takeLinesAbout(secretId: unknown): string[] {
  const own = lines.get(secretId) ?? [];
  lines.delete(secretId);
  return own;
}

/** What a function logs when it is loaded, and no secret is known yet. */
const STARTED = /^\{"level":"INFO","message":"The rotation function has started\."[^{}]*\}$/;

/** What MySQL's driver prints over a broken protocol, numbers and places in itself; and Node's word on our environment. */
const KNOWN_LINES =
  /^(Warning: got packets out of order\. Expected \d+ but received \d+|Trace| {4}at .+\/index\.mjs:.+|\(node.*NODE_TLS_REJECT_UNAUTHORIZED.*|\(Use `node --trace-warnings.*)$/;

/** Lines that belong to no secret: of a driver or of the SDK. Nobody should have written any others than the known ones. */
export function takeStrayLines(): string[] {
  const written = lines.get(undefined) ?? [];
  lines.clear();
  const stray = written.filter((line) => ![STARTED, KNOWN_LINES].some((known) => known.test(line)));
  return [...new Set(stray)].map((line) => `written by no logger: ${line.slice(0, 300)}`);
}

function secretOf(line: string): unknown {
  try {
    return JSON.parse(line).secret;
  } catch {
    return undefined;
  }
}
