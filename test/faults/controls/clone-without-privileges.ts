import { readFileSync } from "node:fs";
import { Client } from "pg";
import { postgres } from "../../../functions/postgres/engine.ts";
import type { Engine, Login } from "../../../shared/engine/engine.ts";
import { rotation } from "../../../shared/rotation.ts";
import { masterUser } from "../../../shared/strategies/master-user.ts";

async function bySql({ host, port, database, username: user, password }: Login, sql: string): Promise<void> {
  const ssl = { ca: readFileSync(String(process.env.DATABASE_CA_FILE), "utf8") };
  const client = new Client({ host, port, database, user, password, ssl });
  await client.connect();
  await client.query(sql);
  await client.end();
}

/** A clone that logs in, and may do nothing. */
const careless: Engine = {
  ...postgres,
  connect: async (login, invocation) => {
    const session = await postgres.connect(login, invocation);
    return (
      session && {
        ...session,
        missingMark: async () => undefined,
        prepareAlternate: ({ alternate }, password) =>
          bySql(
            login,
            `DROP ROLE IF EXISTS ${alternate}; CREATE ROLE ${alternate} LOGIN PASSWORD '${password}'`,
          ),
        differences: async () => [],
      }
    );
  },
};

export const handler = rotation(careless, masterUser);
