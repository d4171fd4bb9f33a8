import { expect } from "vitest";
import { STEPS, type Step } from "../../../local/secrets-manager/events.ts";
import { everyEngine, needing, type Run } from "../case.ts";
import { barrier, openGate } from "../support/gate.ts";
import { STRATEGIES, userOf } from "../support/handlers.ts";
import { logsIn } from "../support/users.ts";

/** Invocations that are at the same step at the same time. */
const AT_ONCE = 8;
/** How often. AWS's templates fail at setSecret, seldom: there 40 invocations are tried. */
const ROUNDS: Record<Step, number> = { createSecret: 2, setSecret: 5, testSecret: 2, finishSecret: 2 };

/** What each step does first after the guard has let it through: there they wait for one another. */
const FIRST_AFTER_GUARD: Record<Step, "PutSecretValue" | "UpdateSecretVersionStage" | "login"> = {
  createSecret: "PutSecretValue",
  setSecret: "login",
  testSecret: "login",
  finishSecret: "UpdateSecretVersionStage",
};

const everyones = everyEngine({
  "at once: createSecret, single-user": manyOf("createSecret", "single-user"),
  "V38 at once: setSecret, single-user": manyOf("setSecret", "single-user"),
  "at once: testSecret, single-user": manyOf("testSecret", "single-user"),
  "at once: finishSecret, single-user": manyOf("finishSecret", "single-user"),
});

const ofPairs = needing(["pair"], {
  "at once: createSecret, master-user": manyOf("createSecret", "master-user"),
  "V39 at once: setSecret, master-user": manyOf("setSecret", "master-user"),
  "at once: testSecret, master-user": manyOf("testSecret", "master-user"),
  "at once: finishSecret, master-user": manyOf("finishSecret", "master-user"),
});

export const atOnceCases = { ...everyones, ...ofPairs };

function manyOf(step: Step, strategy: keyof typeof STRATEGIES): Run {
  return async (context) => {
    const { rotations, server } = context;
    await using gate = await openGate(server.database.address.port);
    const place = FIRST_AFTER_GUARD[step];
    for (let round = 0; round < ROUNDS[step]; round++) {
      const { arn, handler } = await STRATEGIES[strategy](context, { port: gate.port });
      const token = await rotations.stage(arn);
      const invoke = (step: Step) => rotations.invoke(handler, step, arn, token);
      for (const earlier of STEPS.slice(0, STEPS.indexOf(step))) await invoke(earlier);

      const wait = barrier(AT_ONCE);
      gate.onConnection = place === "login" ? wait : async () => {};
      rotations.onCall = async (operation) => (operation === place ? wait() : undefined);
      const outcomes = await Promise.allSettled(Array.from({ length: AT_ONCE }, () => invoke(step)));
      gate.onConnection = async () => {};
      rotations.onCall = async () => {};

      const failures = outcomes.filter(({ status }) => status === "rejected");
      expect(failures).toEqual([]);
      for (const later of STEPS.slice(STEPS.indexOf(step) + 1)) await invoke(later);
      expect(await logsIn(context, userOf(context, arn))).toBe(true);
    }
  };
}
