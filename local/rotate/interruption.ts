/** Ctrl-C, or a polite request to end. */
export class Interrupted extends Error {}

/** Rejects with Interrupted at the first signal; a second one ends the process the usual way. */
export function interruption(): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {}); // Nothing may be awaiting it: no unhandled rejection then.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => reject(new Interrupted()));
  }
  return promise;
}
