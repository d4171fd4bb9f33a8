import { postgres } from "../../../functions/postgres/engine.ts";
import { rotation } from "../../../shared/rotation.ts";
import { singleUser } from "../../../shared/strategies/single-user.ts";

const HOUR_MS = 3_600_000;

/** Tells the server that the step has an hour: the server keeps the locks of a client that has stopped for as long. */
export const handler = rotation(
  {
    ...postgres,
    connect: (login, invocation, wire) => {
      const deadline = { ...invocation.deadline, remaining: () => HOUR_MS };
      return postgres.connect(login, { ...invocation, deadline }, wire);
    },
  },
  singleUser,
);
