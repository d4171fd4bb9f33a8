import { postgres } from "../../../functions/postgres/engine.ts";
import { rotation } from "../../../shared/rotation.ts";
import { singleUser } from "../../../shared/strategies/single-user.ts";

/** Changes the password twice: for a moment it is one that is in no version of the secret. */
export const handler = rotation(postgres, {
  ...singleUser,
  setSecret: async (job) => {
    const { engine, invocation, current, pending } = job;
    await using session = await engine.connect(current.login, invocation);
    if (!session) return singleUser.setSecret(job);
    await session.changeOwnPassword("in-no-version", job);
    await session.changeOwnPassword(pending.login.password, job);
    return "Changed the password twice";
  },
});
