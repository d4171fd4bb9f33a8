import { postgres } from "../../../functions/postgres/engine.ts";
import { rotation } from "../../../shared/rotation.ts";
import { singleUser } from "../../../shared/strategies/single-user.ts";

/** Writes passwords to standard output, past the log, which redacts them. */
const talkative: typeof postgres = {
  ...postgres,
  connect: (login, invocation, wire) => {
    process.stdout.write(`Logging in as ${login.username} with ${login.password}\n`);
    return postgres.connect(login, invocation, wire);
  },
};

export const handler = rotation(talkative, singleUser);
