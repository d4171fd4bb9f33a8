import { postgres } from "../../functions/postgres/engine.ts";
import type { PostgresSession } from "../../functions/postgres/session.ts";
import { careful } from "../../shared/engine/careful-engine.ts";
import type { Invocation, Login } from "../../shared/engine/engine.ts";
import type { PairCapability } from "../../shared/engine/pair.ts";
import { deadlineOf } from "../../shared/protocol/deadline.ts";
import { readSettings } from "../../shared/secret/settings.ts";
import type { PostgresDatabase } from "../support/fixture.ts";

/** The engine in this process, without a bundle and without Secrets Manager, for tests of what it does to a server. */
const engine = careful(postgres);

export const pairOf = engine.pair as PairCapability<PostgresSession>; // PostgreSQL has it.

export interface TestInvocation extends Invocation, Disposable {
  readonly logged: readonly string[];
}

export function invocation(milliseconds = 30_000): TestInvocation {
  const deadline = deadlineOf({ getRemainingTimeInMillis: () => milliseconds });
  const logged: string[] = [];
  const line = (message: string) => void logged.push(message);
  return {
    deadline,
    settings: readSettings({}),
    log: { info: line, warn: line, error: line },
    logged,
    [Symbol.dispose]: () => deadline[Symbol.dispose](),
  };
}

/** Logs in without TLS, which the server must allow. */
export async function openSession(
  { server }: PostgresDatabase,
  username: string,
  password: string,
  invocation: Invocation,
  database = "postgres",
): Promise<PostgresSession> {
  const login: Login = { host: server.host, port: server.port, database, username, password, tls: false };
  const session = await engine.connect(login, invocation);
  if (session === undefined) throw new Error(`The server rejects the password of ${username}.`);
  return session;
}
