import { postgres } from "../../../functions/postgres/engine.ts";
import type { Engine } from "../../../shared/engine/engine.ts";
import { rotation } from "../../../shared/rotation.ts";
import { singleUser } from "../../../shared/strategies/single-user.ts";

/** Says what it logs in with, past the log, which would keep it back. */
const talkative: Engine = {
  ...postgres,
  connect: (login, invocation) => {
    process.stdout.write(`Logging in as ${login.username} with ${login.password}\n`);
    return postgres.connect(login, invocation);
  },
};

export const handler = rotation(talkative, singleUser);
