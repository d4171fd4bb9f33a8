import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { STRATEGIES } from "../../local/engines.ts";
import { reportSchema } from "../../preflight/schema.ts";
import { availableEngines } from "../available-servers.ts";
import { startContractServer } from "../contract/servers.ts";
import { createCanary, hearServer, secretsOf } from "../support/canary.ts";
import { serviceFault, type Verdict } from "../support/interception.ts";
import { holder, tryOut } from "../support/operator.ts";
import { type Effect, type Harness, startHarness } from "./harness.ts";
import { newSubject, type Subject } from "./subject.ts";

// Preflight in the fault matrix: whatever happens to one of its calls, logins or statements, nothing has changed. CI tries
// every fault before and after each of them; npm test one, chosen in turn.
const all = process.env.SAMPLES === "false";

const FAULTS: Record<string, (effect: Effect, scene: Harness) => Promise<Verdict>> = {
  cut: async () => "cut",
  kill: async (_effect, scene) => {
    await scene.kill();
    return "cut";
  },
  failed: async ({ kind }) => (kind === "call" ? serviceFault(500, "InternalServiceError") : "cut"),
};

/** What must be the same afterwards: labels, values, and everything about the users at the server. */
async function stateOf({ server, stack }: Harness, { arn, users }: Subject): Promise<string> {
  const traits: string[] = [];
  for (const user of users) traits.push(await server.traits(user).catch(() => `no user ${user}`));
  const pending = await holder(stack, arn, "AWSPENDING");
  return JSON.stringify([await stack.labels(arn), await stack.value(arn), traits, pending]);
}

describe.each(await availableEngines())("preflight on %s", (engine) => {
  test.each(STRATEGIES)(
    "changes nothing at any point of %s, whatever happens there",
    {
      timeout: 300_000,
    },
    async (strategy) => {
      await using server = await startContractServer(engine, { plainConnections: true });
      const ago = 600_000;
      const service = { attempts: 1, now: () => new Date(Date.now() - ago) };
      await using scene = await startHarness({
        engine,
        strategy,
        server,
        timeoutSeconds: 10,
        service,
      });
      const { stack } = scene;
      const subject = await newSubject(scene);
      expect(await tryOut(stack, subject.arn)).toBe(true);
      const before = await stateOf(scene, subject);
      const ask = () => stack.rotationFunction.ask({ Step: "preflight", SecretId: subject.arn });

      let points = 0;
      scene.onEffect = ({ moment }) => {
        points += moment === "before" ? 1 : 0;
        return "pass";
      };
      const clean = v.parse(reportSchema, await ask());
      expect(clean.outcome).toBe("healthy");
      expect(points).toBeGreaterThanOrEqual(8);

      let struck = 0;
      const cases = Object.entries(FAULTS).flatMap(([name, fault]) =>
        (["before", "after"] as const).map((moment) => ({ name, fault, moment })),
      );
      for (let target = 1; target <= points; target++) {
        const chosen = all ? cases : cases.filter((_, index) => index === target % cases.length);
        for (const { name, fault, moment } of chosen) {
          let at = 0;
          scene.onEffect = async (effect) => {
            if (effect.moment !== moment || effect.retry) return "pass";
            at += 1;
            if (at !== target) return "pass";
            struck += 1;
            return await fault(effect, scene);
          };
          const answer = await ask().catch(() => undefined);
          if (name !== "kill") {
            const report = v.parse(reportSchema, answer);
            expect(["healthy", "unhealthy"]).toContain(report.outcome);
          }
          expect(await stateOf(scene, subject), `${name} ${moment} point ${target}`).toBe(before);
        }
      }
      expect(struck).toBe(all ? points * cases.length : points);
      scene.onEffect = () => "pass";
      expect(await stack.rotate(subject.arn)).toMatchObject({ succeeded: true });

      const canary = createCanary();
      canary.hide(...secretsOf(scene, subject.secrets), ...subject.firstPasswords);
      canary.hear("the log", stack.log.join("\n"));
      canary.hear("the report", JSON.stringify(clean));
      await hearServer(canary, server);
      expect(canary.leaks()).toEqual([]);
    },
  );
});
