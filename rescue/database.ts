import type { Login, Session } from "../shared/engine/engine.ts";
import { deadlineOf } from "../shared/protocol/deadline.ts";
import { type RotationError, withoutSecrets } from "../shared/report/errors.ts";
import type { Log } from "../shared/report/log.ts";
import { readSettings, type Settings } from "../shared/secret/settings.ts";
import type { RescueEngine } from "./engines.ts";
import type { Address } from "./options.ts";

/** Time for a login and the work in its session. A paused serverless database takes up to 20 s to resume. */
const MOST_TIME_MS = 30_000;

/** The way to database servers from this machine. */
export interface Databases {
  readonly settings: Settings;
  /**
   * Logs in, and closes the session when the work is done.
   *
   * @param work receives undefined if the server rejects user name and password
   */
  withSession<T>(engine: RescueEngine, login: Login, work: (session?: Session) => Promise<T>): Promise<T>;
}

/**
 * @param through address to connect to instead of the server's own, such as the local end of a tunnel
 * @param warn receives the engine's warnings for the operator
 */
export function databases(through: Address | undefined, warn: (message: string) => void): Databases {
  const settings = readSettings();
  const log: Log = { info: () => {}, warn, error: warn };
  return {
    settings,
    async withSession(engine, login, work) {
      using deadline = deadlineOf({ getRemainingTimeInMillis: () => MOST_TIME_MS });
      const invocation = { deadline, settings, log };
      await using session = await deadline.bound(engine.connect(tunnelled(login, through), invocation));
      return await deadline.bound(work(session));
    },
  };
}

/** TLS still verifies the certificate for the secret's host: an impostor at the tunnel's end gains nothing. */
function tunnelled(login: Login, through: Address | undefined): Login {
  const tls = login.tls && { serverName: login.tls.serverName ?? login.host };
  return through ? { ...login, ...through, tls } : login;
}

/** Outcome of a login. "refused": the server rejects user name and password. */
export type Outcome = "logs in" | "refused" | RotationError;

export async function tryLogin(to: Databases, engine: RescueEngine, login: Login): Promise<Outcome> {
  try {
    return await to.withSession(engine, login, async (session) => (session ? "logs in" : "refused"));
  } catch (error) {
    return withoutSecrets(error);
  }
}
