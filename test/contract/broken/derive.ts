import { readFileSync } from "node:fs";
import { Client } from "pg";
import type { Engine, Invocation, Login, Session } from "../../../shared/engine/engine.ts";
import type { CaseName } from "../cases.ts";
import type { ContractServer } from "../contract-server.ts";
import { minimal } from "../minimal/engine.ts";

/** An engine with one mistake, and the case that a team finds it by. */
export interface BrokenEngine {
  readonly name: string;
  readonly fails: CaseName;
  /** What the case then reports: that it fails for another reason would prove nothing. */
  readonly saying: RegExp;
  /** @param server for mistakes that take more rights than the engine has. */
  engine(server: ContractServer): Engine;
  /** The server of a product on which the mistake is possible, where it is not on PostgreSQL. */
  product?(server: ContractServer): ContractServer;
}

/** A right engine with another login; for the single-user strategy alone, unless told. */
export function withConnect(connect: Engine["connect"], engine: Engine = minimal): Engine {
  return { ...engine, connect };
}

/** A right engine with other verbs in its sessions. */
export function withVerbs(
  verbs: (session: Session, login: Login, invocation: Invocation) => Partial<Session>,
  engine: Engine = minimal,
): Engine {
  return withConnect(async (login, invocation, wire) => {
    const session = await engine.connect(login, invocation, wire);
    return session && Object.assign(session, verbs(asItWas(session), login, invocation));
  }, engine);
}

/** The session's own verbs, which go on working after others have taken their place. */
function asItWas(session: Session): Session {
  return Object.assign(Object.create(session), {
    identity: session.identity,
    changeOwnPassword: session.changeOwnPassword.bind(session),
    [Symbol.asyncDispose]: session[Symbol.asyncDispose].bind(session),
  });
}

/** A session that was never opened. */
export function noSession({ username }: Login): Session {
  return {
    identity: { username },
    changeOwnPassword: async () => "ended",
    [Symbol.asyncDispose]: async () => {},
  };
}

/** A connection of the same user that the engine knows nothing of. */
export async function anotherConnection(
  login: Login,
  { settings }: Invocation,
  options: object = {},
): Promise<Client> {
  const { host, port, database, username: user, password } = login;
  const ssl = login.tls && { ca: readFileSync(String(settings.DATABASE_CA_FILE), "utf8") };
  const client = new Client({ host, port, database, user, password, ssl, ...options });
  client.on("error", () => {}); // It may be left behind, and the server stops in the end.
  await client.connect();
  return client;
}
