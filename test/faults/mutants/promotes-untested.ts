import { postgres } from "../../../functions/postgres/engine.ts";
import { rotation } from "../../../shared/rotation.ts";
import { singleUser } from "../../../shared/strategies/single-user.ts";

/** Believes that what setSecret has done stays as it is: whatever happens before finishSecret, it promotes. */
export const handler = rotation(postgres, {
  ...singleUser,
  testSecret: async () => "The pending password logs in, no doubt",
});
