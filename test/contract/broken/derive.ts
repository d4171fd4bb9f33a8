import { readFileSync } from "node:fs";
import { Client } from "pg";
import { postgres } from "../../../functions/postgres/engine.ts";
import type { Engine, Invocation, Login, Session } from "../../../shared/engine/engine.ts";
import type { Deadline } from "../../../shared/protocol/deadline.ts";
import type { CaseName } from "../cases.ts";
import type { ContractServer } from "../contract-server.ts";

/** An engine with one mistake, and the case that a team finds it by. */
export interface BrokenEngine {
  readonly name: string;
  readonly fails: CaseName;
  /** What the case then says: that it fails for another reason would prove nothing. */
  readonly saying: RegExp;
  /** @param server for mistakes that take more rights than the engine has. */
  engine(server: ContractServer): Engine;
}

/** The right engine with other verbs in its sessions. */
export function withVerbs(
  verbs: (session: Session, login: Login, invocation: Invocation) => Partial<Session>,
): Engine {
  return withConnect(async (login, invocation) => {
    const session = await postgres.connect(login, invocation);
    return session && { ...session, ...verbs(session, login, invocation) };
  });
}

export function withConnect(connect: Engine["connect"]): Engine {
  return { ...postgres, connect };
}

/** A session that was never opened. */
export const NO_SESSION: Session = {
  changeOwnPassword: async () => {},
  setPassword: async () => {},
  missingMark: async () => undefined,
  prepareAlternate: async () => {},
  differences: async () => [],
  [Symbol.asyncDispose]: async () => {},
};

/** Nobody is in a hurry. */
export const ENDLESS: Deadline = {
  signal: new AbortController().signal,
  remaining: () => 3_600_000,
  bound: (promise) => promise,
  [Symbol.dispose]: () => {},
};

/** A connection of the same user that the engine knows nothing of. */
export async function anotherConnection(login: Login, { settings }: Invocation): Promise<Client> {
  const { host, port, database, username: user, password } = login;
  const ssl = { ca: readFileSync(String(settings.DATABASE_CA_FILE), "utf8") };
  const client = new Client({ host, port, database, user, password, ssl });
  client.on("error", () => {}); // It may be left behind, and the server stops in the end.
  await client.connect();
  return client;
}
