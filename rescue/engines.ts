import * as v from "valibot";
import { ENGINE_NAMES, type EngineName, moduleOf } from "../local/engines.ts";
import { type CarefulEngine, careful, explained } from "../shared/engine/careful-engine.ts";
import type { Engine, Login, Session } from "../shared/engine/engine.ts";
import { malformedSecret, parseDocument, secretKeys } from "../shared/secret/secret-document.ts";

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

/** What rescue/set-password/<engine>.ts exports. */
interface SetPasswordModule {
  /** @see RescueEngine.setPassword */
  setPassword(admin: Session, username: string, password: string): Promise<void>;
}

const ENGINES: readonly RescueEngine[] = await Promise.all(ENGINE_NAMES.map(rescueEngine));

async function rescueEngine(name: EngineName): Promise<RescueEngine> {
  const { [name]: engine } = await moduleOf<Record<EngineName, Engine>>("functions/*/engine.ts", name);
  const { setPassword } = await moduleOf<SetPasswordModule>("rescue/set-password/*.ts", name);
  return {
    ...careful(engine),
    async setPassword(admin, login, username, password) {
      try {
        await setPassword(admin, username, password);
      } catch (error) {
        throw explained(engine, error, "admin", login);
      }
    },
  };
}

const schema = v.looseObject({ engine: secretKeys.engine });

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
