import { setTimeout as wait } from "node:timers/promises";
import { contextOf } from "../database/context.ts";
import type { Harness } from "../harness.ts";
import type { Monitor } from "../monitor.ts";
import { CONNECTIONS } from "../subject.ts";
import { type FreezingFault, type Means, TIMEOUT_SECONDS } from "./fault.ts";

/** The process never goes on. Its locks end within the function's timeout: administrators and retries do not wait longer. */
export function stayFrozen(harness: Harness, { problems, freezeNow }: Means): FreezingFault {
  return {
    mayWait: false,
    begin: freezeNow,
    giveUp: async (step, watched) => {
      const changed = changeUsers(harness, watched);
      const [isInTime, error] = await Promise.all([
        Promise.race([changed.then(() => true), wait(TIMEOUT_SECONDS * 1000, false)]),
        step.then(
          () => new Error("The frozen process has ended its step."),
          (thrown: unknown) => thrown,
        ),
      ]);
      if (!isInTime)
        problems.push(
          `An administrator waited for a lock of the frozen process for more than ${TIMEOUT_SECONDS} s.`,
        );
      changed.catch((error: unknown) => problems.push(`An administrator could not change a user: ${error}`));
      throw error;
    },
  };
}

/** As an administrator does it, who waits for locks; to what the two users are already. */
async function changeUsers(harness: Harness, { subject }: Monitor): Promise<void> {
  const { server, base, clone, exists } = contextOf(harness, subject);
  for (const user of [base, clone]) {
    if (await exists(user)) await server.limitConnections(user, CONNECTIONS);
  }
}
