import * as v from "valibot";
import { mariadb } from "../functions/mariadb/engine.ts";
import { mysql } from "../functions/mysql/engine.ts";
import { postgres } from "../functions/postgres/engine.ts";
import type { Engine } from "../shared/engine/engine.ts";
import { malformedSecret, parseDocument } from "../shared/secret/secret-document.ts";

const ENGINES: readonly Engine[] = [postgres, mysql, mariadb];

const schema = v.looseObject({ engine: v.string() });

/**
 * The engine that a secret's value is for.
 *
 * @param which names the value in the error.
 * @throws RotationError `malformed-secret`.
 */
export function engineOf(text: string | undefined, which: string): Engine {
  const { engine: name } = parseDocument(schema, text, which);
  const engine = ENGINES.find(({ names }) => names.includes(name));
  if (engine === undefined) {
    const names = ENGINES.flatMap(({ names }) => names).join(", ");
    throw malformedSecret(which, `is not usable: the key "engine" must be one of ${names}`);
  }
  return engine;
}
