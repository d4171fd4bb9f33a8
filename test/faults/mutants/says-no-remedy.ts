import { postgres } from "../../../functions/postgres/engine.ts";
import { RotationError } from "../../../shared/report/errors.ts";
import { rotation } from "../../../shared/rotation.ts";
import { singleUser } from "../../../shared/strategies/single-user.ts";

/** Reports what happened without a remedy. */
export const handler = rotation(
  { ...postgres, explain: () => new RotationError("tls", "The login to the database failed.", "") },
  singleUser,
);
