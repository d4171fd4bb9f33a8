import * as v from "valibot";
import type { Login, Product } from "../engine/engine.ts";
import { malformedSecret, parseDocument, secretKeys, withoutBom } from "./secret-document.ts";

/** The value of one version of a secret. */
export interface DatabaseSecret {
  readonly login: Login;
  /** The ARN of the secret of a user who may create and change others: the master-user strategy's. */
  readonly masterArn: string | undefined;
  /** The other user of the master-user strategy, where it is not simply the name with or without `_clone`. */
  readonly alternateUsername: string | undefined;
  /** The JSON as it was stored, with the keys that no rotation function knows. */
  readonly text: string;
}

const secretSchema = v.looseObject(secretKeys);

/**
 * Reads the JSON of a secret, in the shape that AWS documents for database secrets:
 * `{"engine","host","port"?,"username","password","dbname"?,"ssl"?,"sslServerName"?,"masterarn"?,
 * "alternateUsername"?, …}`.
 *
 * @param text SecretString; undefined when the version holds binary data.
 * @param which the staging label the value was read by, for the error.
 * @throws RotationError `malformed-secret`; it names the key and never quotes the value.
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
