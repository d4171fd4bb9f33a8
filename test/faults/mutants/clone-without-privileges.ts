import { readFileSync } from "node:fs";
import { Client } from "pg";
import { postgres } from "../../../functions/postgres/engine.ts";
import type { Engine, Login, Session } from "../../../shared/engine/engine.ts";
import type { PairView } from "../../../shared/engine/pair.ts";
import { rotation } from "../../../shared/rotation.ts";
import { masterUser } from "../../../shared/strategies/master-user.ts";

const PASSWORD = "<password>";

async function bySql(login: Login | undefined, sql: string): Promise<void> {
  if (login === undefined) throw new Error("The session was not opened here.");
  const { host, port, database, username: user, password } = login;
  const ssl = { ca: readFileSync(String(process.env.DATABASE_CA_FILE), "utf8") };
  const client = new Client({ host, port, database, user, password, ssl });
  await client.connect();
  await client.query(sql);
  await client.end();
}

const EMPTY: Omit<PairView, "plan"> = {
  ownership: { exists: false, reserved: false, marker: undefined, gains: [], outsiders: [], mark: "" },
  differences: [],
  unseen: [],
};

const logins = new WeakMap<Session, Login>();

/** Reads no facts: its clone logs in, and has no privileges. */
const careless: Engine = {
  ...postgres,
  secondPassword: undefined,
  connect: async (login, invocation, wire) => {
    const session = await postgres.connect(login, invocation, wire);
    if (session) logins.set(session, login);
    return session;
  },
  pair: {
    checkedBy: "users",
    exclusively: (_admin, _pair, work) => work(),
    read: async (_readers, { alternate }) => ({
      ...EMPTY,
      plan: () => ({
        changes: [
          {
            kind: "password",
            statement: `DROP ROLE IF EXISTS ${alternate}; CREATE ROLE ${alternate} LOGIN PASSWORD '${PASSWORD}'`,
          },
        ],
        replan: false,
        warnings: [],
      }),
    }),
    apply: async ({ admin }, changes, password) => {
      for (const { statement } of changes)
        await bySql(logins.get(admin), statement.replace(PASSWORD, password));
    },
  },
};

export const handler = rotation(careless, masterUser);
