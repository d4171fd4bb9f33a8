import * as v from "valibot";
import type { Login, Product } from "../engine/engine.ts";
import { malformedSecret, parseDocument, secretKeys, withoutBom } from "./secret-document.ts";

/** The value of one version of a secret. */
export interface DatabaseSecret {
  readonly login: Login;
  /** The ARN of the master secret, for the master-user strategy. */
  readonly masterArn: string | undefined;
  /** The other user of the master-user strategy, if its name does not follow from `_clone`. */
  readonly alternateUsername: string | undefined;
  /** The JSON as it was stored, including unknown keys. */
  readonly text: string;
}

const secretSchema = v.looseObject(secretKeys);

/**
 * Parses the JSON of a secret, in the shape that AWS documents for database secrets:
 * `{"engine","host","port"?,"username","password","dbname"?,"ssl"?,"sslServerName"?,"masterarn"?,
 * "alternateUsername"?, …}`.
 *
 * @param text SecretString; undefined if the version has binary data.
 * @param which the staging label of the value, for the error.
 * @throws RotationError `malformed-secret`. It names the key and never quotes the value.
 */
export function parseSecret(text: string | undefined, which: string, engine: Product): DatabaseSecret {
  const secret = parseDocument(secretSchema, text, which);
  if (!engine.names.includes(secret.engine)) {
    const names = engine.names.map((name) => `"${name}"`).join(" or ");
    throw malformedSecret(which, `is not usable: the key "engine" must be ${names} for this function`);
  }
  return {
    login: {
      host: secret.host,
      port: secret.port ?? engine.defaultPort,
      database: secret.dbname ?? engine.defaultDatabase,
      username: secret.username,
      password: secret.password,
      tls: secret.ssl !== false && { serverName: secret.sslServerName },
    },
    masterArn: secret.masterarn,
    alternateUsername: secret.alternateUsername,
    text: withoutBom(text ?? ""),
  };
}
