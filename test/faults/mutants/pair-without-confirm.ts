import { postgres } from "../../../functions/postgres/engine.ts";
import { rotation } from "../../../shared/rotation.ts";
import { masterUser } from "../../../shared/strategies/master-user.ts";

/** Prepares the alternate user without reading the staging labels again, however long it has waited. */
export const handler = rotation(postgres, {
  ...masterUser,
  setSecret: (rotation) => masterUser.setSecret({ ...rotation, confirm: async () => {} }),
});
