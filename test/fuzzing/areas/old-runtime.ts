import { type Area, bundleFor, canary, LONG } from "../area.ts";
import { invoke } from "../outcome.ts";
import { secretFor } from "../secrets.ts";
import { stageRotation } from "../staged-rotation.ts";

/**
 * Deployed to a runtime that lacks what Node 24 has: a mistake in the code would look the same, and must not make the
 * function say more than where it was.
 */
export const oldRuntime: Area = {
  name: "an old runtime",
  share: 0.006,
  atOnce: 1,
  cases: (_seed, count) =>
    Array.from({ length: count }, () => ({
      title: "createSecret without JSON.rawJSON",
      run: async (bench) => {
        const password = canary("current");
        using staged = await stageRotation(bench.endpoint, {
          current: JSON.stringify(secretFor("postgres", { password })),
        });
        const { rawJSON } = JSON;
        Object.assign(JSON, { rawJSON: undefined });
        try {
          const outcome = await invoke(
            bundleFor(bench, "postgres", "single-user"),
            staged.event("createSecret"),
            {
              milliseconds: LONG,
              environment: { EXCLUDE_CHARACTERS: staged.mark },
            },
          );
          const findings = outcome.reason === "unexpected" ? [] : [`ended with ${outcome.reason}`];
          return { outcome, canaries: [password], operations: staged.operations, unexpected: true, findings };
        } finally {
          Object.assign(JSON, { rawJSON });
        }
      },
    })),
};
