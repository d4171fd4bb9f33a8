import { checkedByAdmin } from "../minimal/checked-by-admin.ts";
import type { BrokenEngine } from "./derive.ts";
import { notComparing, seeing } from "./pairs.ts";

/** Engines that find no difference where there is one, or the other way round. */
export const BROKEN_COMPARISONS: readonly BrokenEngine[] = [
  {
    name: "there are no differences ever",
    fails: "differences: a weaker pending user is reported",
    saying: /to match/,
    engine: () => seeing(() => ({ differences: [] })),
  },
  {
    name: "there are no differences ever, and so it is promoted",
    fails: "rotation: a pending user that differs is not promoted",
    saying: /should have thrown/,
    engine: () => seeing(() => ({ differences: [] })),
  },
  {
    name: "users are asked who cannot read their own rights",
    fails: "differences: none after a preparation, whichever of the two is current",
    saying: /cannot read its own rights/,
    engine: () => ({
      ...checkedByAdmin,
      pair: checkedByAdmin.pair && { ...checkedByAdmin.pair, checkedBy: "users" },
    }),
  },
  {
    name: "a partner that does not exist is no difference",
    fails: "differences: a partner that does not exist is never equal",
    saying: /without a partner is promoted/,
    engine: () => notComparing(/partner|no role/),
  },
  {
    name: "only what is lacking counts as a difference",
    fails: "differences: a stronger pending user is reported",
    saying: /to match/,
    engine: () =>
      seeing(({ differences }) => ({ differences: differences.filter((one) => one.startsWith("lacks")) })),
  },
  {
    name: "memberships are not compared",
    fails: "differences: a stronger pending user is reported",
    saying: /has a role that the base user does not have: expected '.*' to match/,
    engine: () => notComparing(/extra_of_|member/),
  },
  {
    name: "a lost membership is not noticed",
    fails: "differences: a weaker pending user is reported",
    saying: /to match/,
    engine: () => notComparing(/inherit|member/),
  },
  {
    name: "grants are not compared",
    fails: "differences: a stronger pending user is reported",
    saying: /was granted a privilege itself: expected '.*' to match/,
    engine: () => notComparing(/only_for_|granted/),
  },
  {
    name: "ownership is not compared",
    fails: "differences: a stronger pending user is reported",
    saying: /owns a table: expected '.*' to match/,
    engine: () => notComparing(/\bown/),
  },
  {
    name: "attributes are not compared",
    fails: "differences: a stronger pending user is reported",
    saying: /has CREATEDB: expected '.*' to match/,
    engine: () => notComparing(/CREATEDB/),
  },
  {
    name: "limits are not compared",
    fails: "differences: another attribute or setting is reported",
    saying: /CONNECTION LIMIT: expected '.*' to match/,
    engine: () => notComparing(/CONNECTION LIMIT/),
  },
  {
    name: "settings are not compared",
    fails: "differences: another attribute or setting is reported",
    saying: /has a setting of its own: expected '.*' to match/,
    engine: () => notComparing(/statement_timeout/),
  },
  {
    name: "the acting role is not compared",
    fails: "differences: another attribute or setting is reported",
    saying: /does not act as the base user any more: expected '.*' to match/,
    engine: () => notComparing(/\bact|\brole\b/),
  },
  {
    name: "outsiders are no difference",
    fails: "differences: an outsider with power over the pending user is reported",
    saying: /to contain 'user_/,
    engine: () => notComparing(/alone/),
  },
  {
    name: "outsiders are no difference, and so it is promoted",
    fails: "rotation: a pending user that an outsider has power over is not promoted",
    saying: /should have thrown/,
    engine: () => notComparing(/alone/),
  },
  {
    name: "differences are sentences of their own",
    fails: "differences: each reads as the end of a sentence about the pending user",
    saying: /to match/,
    engine: () => seeing(({ differences }) => ({ differences: differences.map((one) => `It ${one}.`) })),
  },
  {
    name: "there is always a difference",
    fails: "differences: none after a preparation, whichever of the two is current",
    saying: /to deeply equal \[ \[\], \[\] \]/,
    engine: () => seeing(() => ({ differences: ["has another name"] })),
  },
];
