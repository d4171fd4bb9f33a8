import { readFileSync } from "node:fs";
import { Client } from "pg";
import { postgres } from "../../../functions/postgres/engine.ts";
import type { Login } from "../../../shared/engine/engine.ts";
import { RotationError } from "../../../shared/report/errors.ts";
import { rotation } from "../../../shared/rotation.ts";
import { singleUser } from "../../../shared/strategies/single-user.ts";

/** Changes passwords without waiting for other sessions that do the same, as AWS's template does, and takes its time. */
const impatient: typeof postgres = {
  ...postgres,
  connect: async (login, invocation, wire) => {
    const session = await postgres.connect(login, invocation, wire);
    if (session) session.changeOwnPassword = (next) => changeAtOnce(login, next);
    return session;
  },
};

async function changeAtOnce(login: Login, next: string): Promise<"ended"> {
  const { host, port, database, username: user, password } = login;
  const ssl = { ca: readFileSync(String(process.env.DATABASE_CA_FILE), "utf8") };
  const client = new Client({ host, port, database, user, password, ssl });
  client.on("error", () => {});
  await client.connect();
  await client.query(`BEGIN; ALTER ROLE ${user} PASSWORD '${next}'; SELECT pg_sleep(1)`).catch(overtaken);
  await client.query("COMMIT");
  await client.end();
  return "ended";
}

/** PostgreSQL's words: tuple concurrently updated. */
function overtaken(error: unknown): never {
  throw String(error).includes("concurrently")
    ? new RotationError("locked", "Another session changed the role at the same time.", "")
    : error;
}

export const handler = rotation(impatient, singleUser);
