import type { Login } from "../../../shared/engine/engine.ts";
import type { Context } from "./context.ts";
import { openGate } from "./gate.ts";
import { connected, invoked, loginOf, type User } from "./users.ts";

/** How often the server answers until a login is done. Where the first one takes longer, it is not the one counted. */
export async function answersOfLogin(
  context: Context,
  user: User,
  changes: Partial<Login> = {},
): Promise<number> {
  {
    using first = invoked(context);
    await using _session = await connected(context, user, first, changes); // MySQL then knows the user by heart.
  }
  await using gate = await openGate(loginOf(context, user, changes).port);
  let answers = 0;
  gate.onAnswer = () => {
    answers++;
    return "pass";
  };
  using invocation = invoked(context);
  const session = await connected(context, user, invocation, { ...changes, port: gate.port });
  const ofLogin = answers;
  await session[Symbol.asyncDispose]();
  return ofLogin;
}
