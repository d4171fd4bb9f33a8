import type { Case } from "../area.ts";
import { oldRuntime } from "../areas/old-runtime.ts";
import { secrets, spoilt } from "../areas/secrets.ts";
import { CANCELED, inState, states } from "../areas/states.ts";
import type { Mutant } from "../mutant.ts";
import { blamesNetwork, mistaken } from "./mistaken.ts";

/** The step that copies it, of a secret with more in it than functions know. */
const copied = (more: string) =>
  spoilt(
    { engine: "postgres", strategy: "single-user", step: "createSecret" },
    { title: more, apply: (good) => `${JSON.stringify(good).slice(0, -1)},${more}}` },
  );

export const MUTANTS: readonly Mutant[] = [
  {
    mistake: "forgets a key that it does not know",
    area: secrets.name,
    bundle: mistaken("postgres", "single-user", {
      strategy: (right) => ({
        nextUser: (current) => Object.assign(right.nextUser(current), { note: undefined }),
      }),
    }),
    case: copied('"note":"of the application"'),
    findings: [/^carried over wrongly: /],
  },
  {
    mistake: "stores another number",
    area: secrets.name,
    bundle: mistaken("postgres", "single-user", {
      handler: (right) => async (event, context) => {
        const { rawJSON } = JSON;
        Object.assign(JSON, { rawJSON: Number });
        try {
          await right(event, context);
        } finally {
          Object.assign(JSON, { rawJSON });
        }
      },
    }),
    case: copied('"number":12345678901234567890'),
    findings: [/^carried over wrongly: .*12345678901234567000/],
  },
  {
    mistake: "takes everything for a matter of the network, also a rotation that was canceled",
    area: states.name,
    bundle: mistaken("postgres", "single-user", { handler: blamesNetwork }),
    case: inState(CANCELED, "postgres", "single-user", "createSecret"),
    findings: [/^ended with unreachable instead of rotation-disabled$/],
  },
  {
    mistake: "takes everything for a matter of the network, also its own mistakes",
    area: oldRuntime.name,
    bundle: mistaken("postgres", "single-user", { handler: blamesNetwork }),
    case: oldRuntime.cases(0, 1)[0] as Case,
    findings: [/^ended with unreachable$/],
  },
];
