/** SIGINT (Ctrl-C) or SIGTERM. */
export class Interrupted extends Error {}

/** Rejects with Interrupted at the first signal. The second signal ends the process, as Node.js does by default. */
export function interruption(): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  // If no caller awaits the promise, its rejection would count as unhandled and print a stack.
  promise.catch(() => {});
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => reject(new Interrupted()));
  }
  return promise;
}
