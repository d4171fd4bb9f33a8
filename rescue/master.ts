import type { Login } from "../shared/engine/engine.ts";
import { RotationError } from "../shared/report/errors.ts";
import { loginOfMaster } from "../shared/secret/master-secret.ts";
import type { Context } from "./context.ts";
import type { UsableVersion } from "./secret-state.ts";
import { secretsManager } from "./secrets-manager.ts";

/**
 * How the master logs in who may give the secret's users their passwords. It is held to what a function holds it to:
 * the server of its own secret, which is the user's, and never the user itself.
 *
 * @throws RotationError if there is none, or if its password is refused.
 */
export async function findMaster(
  { options, databases }: Context,
  { engine, secret }: UsableVersion,
): Promise<Login> {
  const id = options.masterSecretId ?? secret.masterArn ?? databases.settings.MASTER_SECRET_ARN;
  if (id === undefined) {
    throw new RotationError(
      "malformed-secret",
      "The secret names no master secret.",
      'Name it with --master-secret-id; the secret has no "masterarn", and MASTER_SECRET_ARN is not set.',
    );
  }
  const value = await secretsManager(id, "master secret").read(undefined);
  const login = loginOfMaster(value?.text, secret.login, engine, databases.settings);
  await asMaster({ databases }, { engine, login }, async () => {});
  return login;
}

export interface Master {
  readonly engine: UsableVersion["engine"];
  readonly login: Login;
}

/** Does something with an administrator's session. */
export function asMaster<T>(
  { databases }: Pick<Context, "databases">,
  { engine, login }: Master,
  work: (session: NonNullable<Awaited<ReturnType<typeof engine.connect>>>) => Promise<T>,
): Promise<T> {
  return databases.withSession(engine, login, async (session) => {
    if (session === undefined) {
      throw new RotationError(
        "login-rejected",
        `The database refuses the password of the master ${login.username}.`,
        "Bring the master secret up to date: it is not this program that changes it.",
      );
    }
    return await work(session);
  });
}

/** As the master user: gives a user this password, and turns off a second one. */
export function setPasswordAsMaster(
  context: Pick<Context, "databases">,
  master: Master,
  username: string,
  password: string,
): Promise<void> {
  return asMaster(context, master, (admin) =>
    master.engine.setPassword(admin, master.login, username, password),
  );
}
