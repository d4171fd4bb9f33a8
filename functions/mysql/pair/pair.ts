import type { Pair, PairCapability, PairView, UserReaders } from "../../../shared/engine/pair.ts";
import type { Dialect } from "../dialect.ts";
import { lock } from "../lock.ts";
import type { MysqlSession } from "../session.ts";
import { accountText } from "../sql.ts";
import { applySteps } from "./apply.ts";
import { counterpartOf, differencesOf } from "./counterpart.ts";
import { readFacts } from "./facts.ts";
import type { Step } from "./pair-dialect.ts";
import { viewOf } from "./plan.ts";

/** Returns what the master-user strategy needs. In testSecret each user reads its own account, without an admin login. */
export function pairOf(dialect: Dialect): PairCapability<MysqlSession> {
  return {
    checkedBy: "users",
    exclusively: async (admin, pair, work) => {
      admin.assertWritable();
      dialect.assertTakesPasswords(admin);
      await lock(admin, [pair.current, pair.alternate].sort().join("\n"), "refuse");
      return await work();
    },
    read: async (readers, pair) =>
      "admin" in readers
        ? viewOf(await readFacts(readers.admin, dialect.pair, pair), pair, dialect.pair)
        : await readOwn(readers, dialect, pair),
    // plan() made the changes.
    apply: ({ admin }, changes, password) => applySteps(admin, changes as readonly Step[], password),
  };
}

/** Reads what the two users see of themselves. It is not enough for a plan. */
async function readOwn(
  { pending, openCurrent }: UserReaders<MysqlSession>,
  { pair: dialect }: Dialect,
  pair: Pair,
): Promise<PairView> {
  await using current = await openCurrent();
  const model = await dialect.describe(current, current.account, pair.alternate, pair.clone === "current");
  const account = await dialect.describe(pending, pending.account, pair.current, pair.clone !== "current");
  // A client gets the account whose host matches its address best. For both users it must be the same host.
  const partner = accountText({ user: pair.current, host: account.name.host });
  const found = accountText(model.name);
  const elsewhere =
    found === partner ? [] : [`has the partner ${partner}, and AWSCURRENT logs in as ${found}`];
  const refusal = { reason: "unsupported", cause: "A user sees itself alone.", remedy: "" } as const;
  return {
    ownership: { exists: true, reserved: false, marker: undefined, gains: [], outsiders: [], mark: "" },
    differences: [...elsewhere, ...differencesOf(counterpartOf(model, account.name, account, dialect))],
    unseen: [],
    plan: () => ({ refusal }),
  };
}
