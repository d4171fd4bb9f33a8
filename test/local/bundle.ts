import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FunctionOptions, type LambdaFunction, startFunction } from "../../local/lambda/function.ts";

/** A function with `source` as its index.mjs, and all lines that it has logged so far. */
export type TestFunction = LambdaFunction & { lines: string[] };

export async function functionFrom(
  source: string,
  options: Partial<FunctionOptions> = {},
): Promise<TestFunction> {
  await using cleanUp = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "bundle-"));
  cleanUp.defer(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "index.mjs"), source);
  const lines: string[] = [];
  const started = await startFunction({
    name: "rotate",
    bundle: folder,
    secretsManagerUrl: "http://127.0.0.1:9",
    onLog: (line) => lines.push(line),
    ...options,
  });
  cleanUp.use(started);
  const resources = cleanUp.move();
  return { ...started, lines, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** Values that the handler has logged with `console.log(value)`, in order. */
export function logged<Message>({ lines }: TestFunction): Message[] {
  return lines.map((line) => JSON.parse(line).message);
}
