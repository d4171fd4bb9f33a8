import { expect } from "vitest";
import type { Login, Session } from "../../../shared/engine/engine.ts";
import type { AdminReaders, Pair, PairCapability, PairView } from "../../../shared/engine/pair.ts";
import { type Preparation, preparePair } from "../../../shared/strategies/prepare-pair.ts";
import type { Context } from "./context.ts";
import { connected, invoked, type TestInvocation, type User } from "./users.ts";

export function capabilityOf({ engine }: Context): PairCapability {
  return engine.pair ?? expect.fail("This case needs an engine with the capability pair.");
}

export interface Preparing extends Partial<Pick<Preparation, "confirm" | "isPossessed">> {
  readonly admin: User;
  readonly current: User;
  readonly pair: Pair;
  readonly password: string;
  readonly invocation?: TestInvocation;
  /** Of the admin's login. */
  readonly changes?: Partial<Login>;
}

/** Opens the sessions that setSecret has, and hands them to `work`. */
async function asSetSecret<T>(
  context: Context,
  { admin, current, invocation, changes }: Pick<Preparing, "admin" | "current" | "invocation" | "changes">,
  work: (by: AdminReaders<Session>, invocation: TestInvocation) => Promise<T>,
): Promise<T> {
  using own = invocation ? undefined : invoked(context);
  const used = invocation ?? own ?? expect.fail("There is an invocation.");
  await using byCurrent = await connected(context, current, used);
  await using byAdmin = await connected(context, admin, used, changes);
  return await work({ admin: byAdmin, current: byCurrent }, used);
}

/** Has the engine prepare the alternate user, as the strategy does. */
export async function prepare(context: Context, preparing: Preparing): Promise<User> {
  const { pair, password, confirm = async () => {}, isPossessed = async () => false } = preparing;
  await asSetSecret(context, preparing, async (by, { log }) => {
    await preparePair(capabilityOf(context), by, pair, password, { confirm, isPossessed, log });
  });
  return { username: pair.alternate, password };
}

/** What setSecret reads. It must change nothing by it. */
export async function viewOf(
  context: Context,
  given: Pick<Preparing, "admin" | "current" | "pair">,
): Promise<PairView> {
  const { server } = context;
  return await asSetSecret(context, given, async (by) => {
    const before = await server.snapshot();
    const capability = capabilityOf(context);
    const view = await capability.exclusively(by.admin, given.pair, () => capability.read(by, given.pair));
    expect(await server.snapshot(), "Reading has changed something.").toBe(before);
    return view;
  });
}

/** What testSecret reads, by the sessions that it has. It must change nothing by it. */
export async function testedView(
  context: Context,
  { admin, current, pair }: Pick<Preparing, "admin" | "current" | "pair">,
  pending: User,
): Promise<PairView> {
  const { server } = context;
  const capability = capabilityOf(context);
  using invocation = invoked(context);
  await using byPending = await connected(context, pending, invocation);
  const before = await server.snapshot();
  await using opened = new AsyncDisposableStack();
  const openCurrent = async () => opened.use(await connected(context, current, invocation));
  const view =
    capability.checkedBy === "users"
      ? await capability.read({ pending: byPending, openCurrent }, pair)
      : await asSetSecret(context, { admin, current }, (by) => capability.read(by, pair));
  expect(await server.snapshot(), "Reading has changed something.").toBe(before);
  return view;
}
