import { postgres } from "../../../functions/postgres/engine.ts";
import { RotationError } from "../../../shared/report/errors.ts";
import { rotation } from "../../../shared/rotation.ts";
import { singleUser } from "../../../shared/strategies/single-user.ts";

/** Logs in with AWSCURRENT alone: a retry after the password was changed never succeeds. */
export const handler = rotation(postgres, {
  ...singleUser,
  setSecret: async ({ engine, invocation, current, pending, confirm, abandoned }) => {
    await using session = await engine.connect(current.login, invocation);
    if (!session) throw new RotationError("login-rejected", "The password was changed already.", "Give up.");
    await session.changeOwnPassword(pending.login.password, { confirm, abandoned });
    return "Changed the password";
  },
});
