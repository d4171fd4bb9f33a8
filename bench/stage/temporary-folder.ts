import { randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runAfterExit } from "../../local/watchdog.ts";

/** Creates a folder. A watchdog removes it if this process is killed. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = join(tmpdir(), `bench-${randomBytes(6).toString("hex")}`);
  const watchdog = runAfterExit('sleep 0.5; rm -rf -- "$1"', path);
  await mkdir(path, { mode: 0o700 });
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await rm(path, { recursive: true, maxRetries: 10 });
      watchdog.cancel();
    },
  };
}
