import type { Login, Session } from "../shared/engine/engine.ts";
import { deadlineOf } from "../shared/protocol/deadline.ts";
import { type RotationError, withoutSecrets } from "../shared/report/errors.ts";
import type { Log } from "../shared/report/log.ts";
import { readSettings, type Settings } from "../shared/secret/settings.ts";
import type { RescueEngine } from "./engines.ts";
import type { Address } from "./options.ts";

/** For a login and what is done with it. A server that resumes takes up to 20 s. */
const MOST_TIME_MS = 30_000;

/** The way to database servers from this machine. */
export interface Databases {
  readonly settings: Settings;
  /**
   * Logs in, and ends the session when the work is done.
   *
   * @param work is given undefined if the server refuses user name and password.
   */
  withSession<T>(engine: RescueEngine, login: Login, work: (session?: Session) => Promise<T>): Promise<T>;
}

/**
 * @param through where all servers are reached, such as the end of a tunnel, instead of their own address.
 * @param warn is told what an engine has to say to a person.
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

/** The certificate must be for the host that the secret names, whatever the connection goes through. */
function tunnelled(login: Login, through: Address | undefined): Login {
  const tls = login.tls && { serverName: login.tls.serverName ?? login.host };
  return through ? { ...login, ...through, tls } : login;
}

/** What came of trying to log in. */
export type Outcome = "logs in" | "refused" | RotationError;

export async function tryLogin(to: Databases, engine: RescueEngine, login: Login): Promise<Outcome> {
  try {
    return await to.withSession(engine, login, async (session) => (session ? "logs in" : "refused"));
  } catch (error) {
    return withoutSecrets(error);
  }
}
