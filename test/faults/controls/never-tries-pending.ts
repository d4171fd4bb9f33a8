import { postgres } from "../../../functions/postgres/engine.ts";
import { RotationError } from "../../../shared/report/errors.ts";
import { rotation } from "../../../shared/rotation.ts";
import { singleUser } from "../../../shared/strategies/single-user.ts";

/** Believes that AWSCURRENT always logs in: whoever dies after the password was changed never gets on. */
export const handler = rotation(postgres, {
  ...singleUser,
  setSecret: async ({ engine, invocation, current, pending }) => {
    await using session = await engine.connect(current.login, invocation);
    if (!session) throw new RotationError("login-rejected", "The password was changed already.", "Give up.");
    await session.changeOwnPassword(pending.login.password);
    return "Changed the password";
  },
});
