import type { Context } from "./support/context.ts";

/** Passes if it resolves. It can be run on its own, any number of times, on an engine that is right or wrong. */
export type Run = (context: Context) => Promise<void>;

/** Cases by their names. */
export type Cases = Readonly<Record<string, Run>>;
