import * as v from "valibot";
import { ENGINE_NAMES, type EngineName, moduleOf } from "../local/engines.ts";
import { type CarefulEngine, careful, explained } from "../shared/engine/careful-engine.ts";
import type { Engine, Login, Session } from "../shared/engine/engine.ts";
import { malformedSecret, parseDocument, secretKeys } from "../shared/secret/secret-document.ts";

/** An engine with the operations of an operator, which no bundle contains. */
export interface RescueEngine extends CarefulEngine {
  /**
   * Sets another user's password, for every host of the user, and turns off a retained second password. Repeating the call
   * is harmless.
   *
   * @param admin a session that this engine has opened with `login`
   * @throws RotationError `missing-privilege` before any change, with the statement that grants the privilege;
   * `unsupported` if the user does not exist
   */
  setPassword(admin: Session, login: Login, username: string, password: string): Promise<void>;
}

/** The exports of rescue/set-password/<engine>.ts. */
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
 * Returns the engine that a secret's value names.
 *
 * @param which name of the value for the error
 * @throws RotationError `malformed-secret`
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
