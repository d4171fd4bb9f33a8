import { postgres } from "../../../functions/postgres/engine.ts";
import { RotationError, withoutSecrets } from "../../../shared/report/errors.ts";
import { rotation } from "../../../shared/rotation.ts";
import { singleUser } from "../../../shared/strategies/single-user.ts";

/** Says what happened, and leaves people alone with it. */
export const handler = rotation(
  {
    ...postgres,
    connect: async (login, invocation) => {
      try {
        return await postgres.connect(login, invocation);
      } catch (error) {
        throw new RotationError(withoutSecrets(error).reason, "The database cannot be logged in to.", "");
      }
    },
  },
  singleUser,
);
