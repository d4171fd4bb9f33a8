import { setTimeout as wait } from "node:timers/promises";
import { contextOf } from "../database/context.ts";
import type { Harness } from "../harness.ts";
import { type FreezingFault, type Means, TIMEOUT_SECONDS } from "./fault.ts";
import { changesBetween, stateOf } from "./state.ts";

/** A statement without an answer for so long waits for the lock. The engines wait longer than that for one. */
const UNANSWERED_MS = 300;
/** When a lock is free, the server makes a change that has waited for it within this time. */
const LATE_MS = 700;

/**
 * An administrator holds a lock that a statement of the function waits for. The process is frozen meanwhile, and the
 * lock is released after the step has failed: the server must not make the change then.
 */
export function blocked(harness: Harness, { problems, freezeNow }: Means): FreezingFault {
  let lock: AsyncDisposable | undefined;
  const release = async () => {
    const held = lock;
    lock = undefined;
    await held?.[Symbol.asyncDispose]();
  };
  let unanswered: NodeJS.Timeout | undefined;
  return {
    mayWait: false,
    begin: async ({ subject }) => {
      const { current, alternate } = contextOf(harness, subject);
      const user = harness.strategy === "master-user" ? await alternate() : await current();
      lock = await harness.server.blockPasswordChange(user);
      // If no statement waits for it, the case fails, but it must end.
      setTimeout(() => release().catch(() => {}), (TIMEOUT_SECONDS + 4) * 1000).unref();
    },
    onEffect: ({ kind, moment }, watched) => {
      clearTimeout(unanswered);
      if (lock && kind === "statement" && moment === "before")
        unanswered = setTimeout(() => freezeNow(watched).catch(() => {}), UNANSWERED_MS);
    },
    giveUp: async (step, watched) => {
      const error = await step.then(
        () => new Error("The frozen process has ended its step."),
        (thrown: unknown) => thrown,
      );
      const before = await stateOf(harness, watched);
      await release();
      await wait(LATE_MS);
      for (const what of changesBetween(before, await stateOf(harness, watched)))
        problems.push(`The server changed ${what} after the step had failed.`);
      throw error;
    },
  };
}
