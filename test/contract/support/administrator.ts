import { expect } from "vitest";
import type { Reason } from "../../../shared/report/errors.ts";
import type { ContractServer } from "../contract-server.ts";
import { type Context, newPassword } from "./context.ts";
import { failureOf, remedyIn } from "./failures.ts";
import { type Preparing, prepare } from "./preparing.ts";
import { invoked, type User } from "./users.ts";

/** How often setSecret may refuse for another reason: what the admin user may not read, it cannot name. */
const MOST_CURES = 4;

const CURABLE: readonly Reason[] = ["missing-privilege", "privilege-mismatch", "user-not-owned"];

interface CuredPreparation {
  readonly alternate: User;
  /** The reasons of what was refused, in order. */
  readonly refusals: readonly Reason[];
  /** What the engine logged when nothing was refused any more. */
  readonly logged: readonly string[];
}

/**
 * Prepares the alternate user. Each time that something is refused, nothing may have changed, and the statement in the
 * message is executed, as an administrator would.
 */
export async function prepareWithCures(
  context: Context,
  preparing: Omit<Preparing, "password" | "invocation">,
): Promise<CuredPreparation> {
  const { server } = context;
  const alternate = { username: preparing.pair.alternate, password: newPassword() };
  const refusals: Reason[] = [];
  for (let attempt = 0; attempt <= MOST_CURES; attempt++) {
    const before = await server.snapshot();
    using invocation = invoked(context);
    const work = prepare(context, { ...preparing, password: alternate.password, invocation });
    const [outcome] = await Promise.allSettled([work]);
    if (outcome.status === "fulfilled") return { alternate, refusals, logged: invocation.logged };
    const error = await failureOf(work, ...CURABLE);
    refusals.push(error.reason);
    expect(await server.snapshot(), `It changed something before it refused: ${error.message}`).toBe(before);
    await runRemedy(server, error);
  }
  return expect.fail(`The statements in its messages do not cure it: ${refusals.join()}.`);
}

/** Runs the statements that a message prints, as an administrator would. */
export async function runRemedy(server: ContractServer, error: Error): Promise<void> {
  const statements = remedyIn(error);
  await server.administer(statements).catch((failure: unknown) => {
    expect.fail(`The statements do not work when pasted (${failure}): ${error.message}`);
  });
}
