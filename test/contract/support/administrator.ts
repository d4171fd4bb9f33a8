import { expect } from "vitest";
import type { Pair } from "../../../shared/engine/engine.ts";
import { type Context, newPassword } from "./context.ts";
import { failureOf, remedyIn } from "./failures.ts";
import { connected, invoked, type User } from "./users.ts";

/** How often a master may learn of something else that it lacks: what it may not read, it cannot name. */
const MOST_CURES = 3;

interface CuredPreparation {
  readonly alternate: User;
  /** How many messages it took. */
  readonly cures: number;
  /** What the engine logged when nothing was refused any more. */
  readonly logged: readonly string[];
}

/**
 * Prepares the alternate user as a master who may not do all that it takes. Each time that something is refused,
 * nothing may have changed, and the statement in the message is executed, as an administrator would.
 */
export async function prepareWithCures(
  context: Context,
  master: User,
  pair: Pair,
): Promise<CuredPreparation> {
  const { server } = context;
  const alternate = { username: pair.alternate, password: newPassword() };
  for (let cures = 0; cures <= MOST_CURES; cures++) {
    const before = await server.snapshot();
    using invocation = invoked(context);
    await using session = await connected(context, master, invocation);
    const work = session.prepareAlternate(pair, alternate.password);
    const [outcome] = await Promise.allSettled([work]);
    if (outcome.status === "fulfilled") return { alternate, cures, logged: invocation.logged };
    const error = await failureOf(work, "missing-privilege", "difference");
    expect(await server.snapshot(), "It changed something before it found out that it may not.").toBe(before);
    await server.administer(remedyIn(error));
  }
  return expect.fail("The statements in its messages do not cure it.");
}
