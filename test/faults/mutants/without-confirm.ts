import { postgres } from "../../../functions/postgres/engine.ts";
import { rotation } from "../../../shared/rotation.ts";
import { singleUser } from "../../../shared/strategies/single-user.ts";

/** Holds the lock and changes the password without reading the staging labels again, however long it has waited. */
export const handler = rotation(postgres, {
  ...singleUser,
  setSecret: (rotation) => singleUser.setSecret({ ...rotation, confirm: async () => {} }),
});
