import { postgres } from "../../../functions/postgres/engine.ts";
import { RotationError } from "../../../shared/report/errors.ts";
import { revokeMembership } from "../postgres-deviations.ts";
import { type BrokenEngine, withVerbs } from "./derive.ts";
import { copyPrivileges, create, exists, preparing } from "./preparing.ts";

/** Engines that do not refuse what they should, or not in time. */
export const BROKEN_REFUSALS: readonly BrokenEngine[] = [
  {
    name: "names are cut off where another engine's end",
    fails: "names: two of the greatest length are not taken for one another",
    saying: /may not prepare/,
    engine: () =>
      withVerbs((session) => ({
        prepareAlternate: (pair, password) =>
          session.prepareAlternate({ ...pair, alternate: pair.alternate.slice(0, 32) }, password),
      })),
  },
  {
    name: "names that are too long are the server's to cut off",
    fails: "names: one that is too long is refused with a sentence, the longest is not",
    saying: /one too many/,
    engine: () => ({ ...postgres, refusal: () => undefined }),
  },
  {
    name: "names are counted in characters, not bytes",
    fails: "names: one that is too long is refused with a sentence, the longest is not",
    saying: /ü, one too many/,
    engine: () => ({
      ...postgres,
      refusal: (username) => ([...username].length > 63 ? "The name is too long." : undefined),
    }),
  },
  {
    name: "strangers are adopted",
    fails: "mark: a stranger lacks it, until the statement is executed",
    saying: /takes a stranger/,
    engine: () => withVerbs(() => ({ missingMark: async () => undefined })),
  },
  {
    name: "hr_clone seizes hr",
    fails: "rotation: a secret for hr_clone does not seize the user hr",
    saying: /should have thrown|missing-privilege/,
    engine: () => withVerbs(() => ({ missingMark: async () => undefined })),
  },
  {
    name: "nothing is marked",
    fails: "mark: our own alternate user has it, whoever of the two is current",
    saying: /to be undefined/,
    engine: (server) =>
      preparing({
        after: async (pair) => {
          await copyPrivileges(server, pair);
          await server.administer(revokeMembership(pair.current, pair.alternate));
        },
      }),
  },
  {
    name: "the user is created before the master's privileges are checked",
    fails: "master: without a privilege it changes nothing, and the statement in the message cures it",
    saying: /before it found out/,
    engine: (server) => preparing({ before: (pair) => server.administer(create(pair, "NOLOGIN")) }),
  },
  {
    name: "the message does not say what cures it",
    fails: "master: the same for an alternate user that exists",
    saying: /should end in the statement/,
    engine: () =>
      withVerbs((session) => ({
        prepareAlternate: (pair, password) =>
          session.prepareAlternate(pair, password).catch(() => {
            throw new RotationError(
              "missing-privilege",
              "The master may not do this.",
              "Ask an administrator.",
            );
          }),
      })),
  },
  {
    name: "a replica is not recognised",
    fails: "master: a read-only server is reported, and nothing changes",
    saying: /database: The server refused/,
    engine: () =>
      withVerbs((session) => ({
        prepareAlternate: (pair, password) =>
          session.prepareAlternate(pair, password).catch(() => {
            throw new RotationError("database", "The server refused.", "");
          }),
      })),
  },
  {
    name: "there are no differences ever",
    fails: "differences: a weaker pending user is reported",
    saying: /to match/,
    engine: () => withVerbs(() => ({ differences: async () => [] })),
  },
  {
    name: "there are no differences ever, and so it is promoted",
    fails: "rotation: a pending user that differs is not promoted",
    saying: /should have thrown/,
    engine: () => withVerbs(() => ({ differences: async () => [] })),
  },
  {
    name: "only what is lacking counts as a difference",
    fails: "differences: a stronger pending user is reported",
    saying: /to match/,
    engine: () =>
      withVerbs((session) => ({
        differences: async (...args) =>
          (await session.differences(...args)).filter((one) => one.startsWith("lacks")),
      })),
  },
  {
    name: "there is always a difference",
    fails: "differences: none after a preparation, whoever of the two is current",
    saying: /to deeply equal \[\]/,
    engine: () => withVerbs(() => ({ differences: async () => ["has another name"] })),
  },
  {
    name: "a missing twin is a difference",
    fails: "rotation: RotateImmediately=false passes at any time, master-user",
    saying: /There is no user/,
    engine: (server) =>
      withVerbs((session) => ({
        differences: async (pair, openCurrent) => {
          if (!(await exists(server, pair.current)))
            throw new RotationError("difference", `There is no user ${pair.current}.`, "");
          return await session.differences(pair, openCurrent);
        },
      })),
  },
];
