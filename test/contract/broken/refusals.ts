import { escapeIdentifier as id } from "pg";
import { RotationError } from "../../../shared/report/errors.ts";
import { minimal } from "../minimal/engine.ts";
import { revokeMembership } from "../postgres-deviations.ts";
import type { BrokenEngine } from "./derive.ts";
import { copyPrivileges, owning, planning, preparing, seeing, withExplanation, withPair } from "./pairs.ts";

/** Engines that do not refuse what they should, or not in time. */
export const BROKEN_REFUSALS: readonly BrokenEngine[] = [
  {
    name: "names are cut off where another engine's end",
    fails: "names: two of the greatest length are not taken for one another",
    saying: /ADMIN OPTION on long_\d+x+,/,
    engine: () =>
      withPair((right) => ({
        read: (readers, pair) => right.read(readers, { ...pair, alternate: pair.alternate.slice(0, 32) }),
      })),
  },
  {
    name: "names that are too long are the server's to cut off",
    fails: "names: one that is too long is refused with a sentence, the longest is not",
    saying: /one too many/,
    engine: () => ({ ...minimal, refusal: () => undefined }),
  },
  {
    name: "names are counted in characters, not bytes",
    fails: "names: one that is too long is refused with a sentence, the longest is not",
    saying: /ü, one too many/,
    engine: () => ({
      ...minimal,
      refusal: (username) => ([...username].length > 63 ? "The name is too long." : undefined),
    }),
  },
  {
    name: "users without an ownership marker are adopted",
    fails: "take-over: a user without a marker is refused, and taken after the statement",
    saying: /marker/,
    engine: () => marked(),
  },
  {
    name: "hr_clone seizes hr",
    fails: "rotation: a secret for hr_clone does not seize the user hr",
    saying: /should have thrown|missing-privilege/,
    engine: () => marked(),
  },
  {
    name: "an equal colleague is a partner",
    fails: "take-over: an equal colleague whom the secret names is refused, and taken after the statement",
    saying: /should have thrown|missing-privilege|privilege-mismatch/,
    engine: () => marked(),
  },
  {
    name: "a marker that names another user counts as well",
    fails: "take-over: a marker that names another user is none",
    saying: /not to be 'partner'/,
    engine: () => marked(),
  },
  {
    name: "a marker against the names counts as well",
    fails: "take-over: a marker against the names is reversed, refused, and ended by the statement",
    saying: /to be 'reversed'/,
    engine: () => owning(({ marker }) => (marker === "reversed" ? { marker: "clone" } : {})),
  },
  {
    name: "a reversed marker is told without the statement that ends it",
    fails: "take-over: a marker against the names is reversed, refused, and ended by the statement",
    saying: /undefined/,
    engine: () => seeing(({ ownership: { unmark: _, ...ownership } }) => ({ ownership })),
  },
  {
    name: "nothing is marked",
    fails: "take-over: a clone that the function made has the marker clone, whichever of the two is current",
    saying: /to be 'clone'/,
    engine: (server) =>
      preparing({
        after: async (pair) => {
          await copyPrivileges(server, pair);
          await server.administer(revokeMembership(pair.current, pair.alternate));
        },
      }),
  },
  {
    name: "the server's own users are like others",
    fails: "take-over: one of the server's own users is refused",
    saying: /reserved/,
    engine: () => owning(() => ({ reserved: false })),
  },
  {
    name: "outsiders are not looked for",
    fails: "take-over: an outsider with power over the alternate user is named, and the statement ends it",
    saying: /to contain 'user_/,
    engine: () => owning(() => ({ outsiders: [] })),
  },
  {
    name: "the admin user is an outsider",
    fails: "take-over: the admin user and the pair itself are no outsiders",
    saying: /to deeply equal \[\]/,
    engine: () =>
      owning((_ownership, { alternate }) => ({
        outsiders: [
          { what: "the admin user is a member of it", remedy: `ALTER ROLE ${id(alternate)} LOGIN` },
        ],
      })),
  },
  {
    name: "what a plan takes away is told as an addition",
    fails: "take-over: possession takes nothing away from a user, and the statement that marks it cures it",
    saying: /should have thrown/,
    engine: () => taking(),
  },
  {
    name: "no change of a plan takes anything away",
    fails: "take-over: a plan tells what it takes away or changes as takes",
    saying: /'takes'/,
    engine: () => taking(),
  },
  {
    name: "the user is created before the admin user's privileges are checked",
    fails: "admin: without a privilege it changes nothing, and the statement in the message cures it",
    saying: /before it refused/,
    engine: (server) =>
      preparing({
        first: ({ alternate }) =>
          server.administer(
            `DO $do$ BEGIN CREATE ROLE ${id(alternate)} NOLOGIN; EXCEPTION WHEN duplicate_object THEN END $do$`,
          ),
      }),
  },
  {
    name: "the message does not say what cures it",
    fails: "admin: the same for an alternate user that exists",
    saying: /should end in the statement/,
    engine: () =>
      seeing((view) => ({
        plan: (kind) => {
          const plan = view.plan(kind);
          return plan.refusal ? { refusal: { ...plan.refusal, remedy: "Ask an administrator." } } : plan;
        },
      })),
  },
  {
    name: "a replica is not recognized when the alternate user is prepared",
    fails: "admin: a read-only server is reported, and nothing changes",
    saying: /database: The server refused/,
    engine: () => withExplanation(() => new RotationError("database", "The server refused.", "")),
  },
];

/** Every user that exists has the ownership marker that is asked for. */
function marked() {
  return owning(({ exists }, { clone }) =>
    exists ? { marker: clone === undefined ? "partner" : "clone" } : {},
  );
}

function taking() {
  return planning(({ changes, ...plan }) => ({
    ...plan,
    changes: changes.map((change) => (change.kind === "takes" ? { ...change, kind: "adds" } : change)),
  }));
}
