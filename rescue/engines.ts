import * as v from "valibot";
import { mariadb, mariadbDialect } from "../functions/mariadb/engine.ts";
import { mysqlDialect } from "../functions/mysql/dialect.ts";
import { mysql } from "../functions/mysql/engine.ts";
import { postgres } from "../functions/postgres/engine.ts";
import { type CarefulEngine, careful, explained } from "../shared/engine/careful-engine.ts";
import type { Engine, Login, Session } from "../shared/engine/engine.ts";
import { malformedSecret, parseDocument } from "../shared/secret/secret-document.ts";
import { setMysqlPassword } from "./set-password/mysql.ts";
import { setPostgresPassword } from "./set-password/postgres.ts";

/** An engine with what only an operator needs, and so is in no bundle. */
export interface RescueEngine extends CarefulEngine {
  /**
   * As an administrator: gives another user this password, on every host that the user exists for, and turns off a
   * second one that was kept beside the old one. Repeating it is harmless.
   *
   * @param admin a session that this engine has opened with the login.
   * @throws RotationError `missing-privilege` with the statement that cures it, before anything is changed;
   * `unsupported` if there is no such user.
   */
  setPassword(admin: Session, login: Login, username: string, password: string): Promise<void>;
}

const ENGINES: readonly RescueEngine[] = [
  rescueEngine(postgres, setPostgresPassword),
  rescueEngine(mysql, setMysqlPassword(mysqlDialect)),
  rescueEngine(mariadb, setMysqlPassword(mariadbDialect)),
];

function rescueEngine<S extends Session>(
  engine: Engine<S>,
  setPassword: (admin: S, username: string, password: string) => Promise<void>,
): RescueEngine {
  return {
    ...careful(engine),
    async setPassword(admin, login, username, password) {
      try {
        await setPassword(admin as S, username, password); // Which this engine has opened.
      } catch (error) {
        throw explained(engine, error, "admin", login);
      }
    },
  };
}

const schema = v.looseObject({ engine: v.string() });

/**
 * The engine that a secret's value is for.
 *
 * @param which names the value in the error.
 * @throws RotationError `malformed-secret`.
 */
export function engineOf(text: string | undefined, which: string): RescueEngine {
  const { engine: name } = parseDocument(schema, text, which);
  const engine = ENGINES.find(({ names }) => names.includes(name));
  if (engine === undefined) {
    const names = ENGINES.flatMap(({ names }) => names).join(", ");
    throw malformedSecret(which, `is not usable: the key "engine" must be one of ${names}`);
  }
  return engine;
}
