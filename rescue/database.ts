import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { amazonRdsRoots } from "../build/amazon-rds-roots.ts";
import type { Engine, Login, Session } from "../shared/engine/engine.ts";
import { assertNoRdsProxy } from "../shared/engine/pooler.ts";
import { deadlineOf } from "../shared/protocol/deadline.ts";
import { type RotationError, withoutSecrets } from "../shared/report/errors.ts";
import type { Log } from "../shared/report/log.ts";
import { readSettings, type Settings } from "../shared/secret/settings.ts";
import type { Address } from "./options.ts";

/** For a login and what is done with it. The engines wait for a connection for five seconds of it at most. */
const MOST_TIME_MS = 15_000;

/** The way to database servers from this machine. */
export interface Databases extends Disposable {
  readonly settings: Settings;
  /**
   * Logs in, and ends the session when the work is done.
   *
   * @param work is given undefined if the server refuses user name and password.
   */
  withSession<T>(engine: Engine, login: Login, work: (session?: Session) => Promise<T>): Promise<T>;
}

/**
 * @param through where all servers are reached, such as the end of a tunnel, instead of their own address.
 * @param warn is told what an engine has to say to a person.
 */
export function databases(through: Address | undefined, warn: (message: string) => void): Databases {
  const cleanUp = new DisposableStack();
  const settings = readSettings();
  const log: Log = { info: () => {}, warn, error: warn };
  let trusting: Settings | undefined;
  return {
    settings,
    async withSession(engine, login, work) {
      trusting ??= settings.DATABASE_CA_FILE ? settings : trustingUsualRoots(settings, cleanUp);
      using deadline = deadlineOf({ getRemainingTimeInMillis: () => MOST_TIME_MS });
      const invocation = { deadline, settings: trusting, log };
      assertNoRdsProxy(login);
      await using session = await deadline.bound(engine.connect(tunnelled(login, through), invocation));
      return await deadline.bound(work(session));
    },
    [Symbol.dispose]: () => cleanUp.dispose(),
  };
}

/** The certificate must be for the host that the secret names, whatever the connection goes through. */
function tunnelled(login: Login, through: Address | undefined): Login {
  const tls = login.tls && { serverName: login.tls.serverName ?? login.host };
  return through ? { ...login, ...through, tls } : login;
}

/** What a function trusts without DATABASE_CA_FILE: beside its bundle is a file, beside this program is none. */
function trustingUsualRoots(settings: Settings, cleanUp: DisposableStack): Settings {
  const folder = mkdtempSync(join(tmpdir(), "rescue-"));
  cleanUp.defer(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "roots.pem");
  writeFileSync(file, [...rootCertificates, amazonRdsRoots()].join("\n"));
  return { ...settings, DATABASE_CA_FILE: file };
}

/** What came of trying to log in. */
export type Outcome = "logs in" | "refused" | RotationError;

export async function tryLogin(to: Databases, engine: Engine, login: Login): Promise<Outcome> {
  try {
    return await to.withSession(engine, login, async (session) => (session ? "logs in" : "refused"));
  } catch (error) {
    return withoutSecrets(error);
  }
}
