import { postgres } from "../../../functions/postgres/engine.ts";
import type { Engine } from "../../../shared/engine.ts";
import { rotation } from "../../../shared/rotation.ts";
import { singleUser } from "../../../shared/single-user.ts";

/** Logs what it logs in with. */
const talkative: Engine = {
  ...postgres,
  connect: (login, invocation) => {
    invocation.log.info(`Logging in as ${login.username} with ${login.password}`);
    return postgres.connect(login, invocation);
  },
};

export const handler = rotation(talkative, singleUser);
