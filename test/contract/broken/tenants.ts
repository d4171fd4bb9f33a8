import { escapeIdentifier as id } from "pg";
import { PASSWORD } from "../../../functions/postgres/pair/plan.ts";
import type { Plan } from "../../../shared/engine/pair.ts";
import type { BrokenEngine } from "./derive.ts";
import { seeing } from "./pairs.ts";

/** Engines with which a tenant gains something: each breaks one line of the rule of who may be taken over. */
export const BROKEN_FOR_TENANTS: readonly BrokenEngine[] = [
  {
    name: "a marker against the names gives hr to a tenant",
    fails: "tenant: a secret for hr_clone does not take hr over, though hr is a member of it",
    saying: /after the rotation/,
    engine: () =>
      seeing((view, { alternate }) =>
        view.ownership.marker === "reversed"
          ? { ownership: { ...view.ownership, marker: "clone" }, plan: () => passwordOf(alternate) }
          : {},
      ),
  },
  {
    name: "an equal colleague is given to a tenant",
    fails: "tenant: an equal colleague whom his secret names is not taken over",
    saying: /after the rotation/,
    engine: () =>
      seeing((view, { clone, alternate }) => ({
        ownership:
          view.ownership.exists && clone === undefined
            ? { ...view.ownership, marker: "partner" }
            : view.ownership,
        // AWS's templates look no further.
        plan: (taking) =>
          view.ownership.exists && clone === undefined ? passwordOf(alternate) : view.plan(taking),
      })),
  },
  {
    name: "a tenant keeps ADMIN OPTION on a clone that he has made in advance",
    fails: "tenant: a clone that he has made in advance, with ADMIN OPTION, gives him nothing",
    saying: /after a rotation of the victim's secret/,
    engine: () =>
      seeing(({ ownership, differences }) => ({
        ownership: { ...ownership, outsiders: [] },
        differences: differences.filter((one) => !/alone/.test(one)),
      })),
  },
];

function passwordOf(username: string): Plan {
  const statement = `ALTER ROLE ${id(username)} PASSWORD ${PASSWORD}`;
  return { changes: [{ kind: "password", statement }], replan: false, warnings: [] };
}
