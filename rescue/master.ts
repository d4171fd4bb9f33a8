import type { Login } from "../shared/engine/engine.ts";
import { RotationError } from "../shared/report/errors.ts";
import { loginOfMaster } from "../shared/secret/master-secret.ts";
import type { Context } from "./context.ts";
import type { UsableVersion } from "./secret-state.ts";
import { secretsManager } from "./secrets-manager.ts";

/**
 * Finds the login of the master user, which may set the passwords of the secret's users. The same checks as in a rotation
 * apply: the master secret must name the user's server, and the master user must be another user.
 *
 * @throws RotationError if there is no master secret, or the server rejects the master's password
 */
export async function findMaster(
  { options, databases }: Context,
  { engine, secret }: UsableVersion,
): Promise<Login> {
  const id = options.masterSecretId ?? secret.masterArn ?? databases.settings.MASTER_SECRET_ARN;
  if (id === undefined) {
    throw new RotationError(
      "malformed-secret",
      "No master secret is configured.",
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

/** Runs `work` with a session of the master user. */
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
        "Store the master user's present password in the master secret. This command does not change that secret.",
      );
    }
    return await work(session);
  });
}

/** Sets a user's password as the master user, and turns off a retained second password. */
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
