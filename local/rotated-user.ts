import { randomBytes } from "node:crypto";
import type { Database } from "./database.ts";

export interface RotatedUserOptions {
  readonly database: Database;
  readonly username: string;
  /** "single-user" or "master-user" */
  readonly strategy: string;
  /** Members of the secrets that address the server. Default: the database's own address. */
  readonly address?: Record<string, unknown>;
  /** @returns the ARN. */
  createSecret(name: string, value: object): Promise<string> | string;
}

export interface RotatedUser {
  readonly secretArn: string;
  /** All users that the function logs in as. */
  readonly logins: readonly string[];
}

const randomPassword = () => randomBytes(16).toString("base64url");

/** Creates a user, a master user if the strategy needs one, and their secrets. */
export async function createRotatedUser(options: RotatedUserOptions): Promise<RotatedUser> {
  const { database, username, strategy, createSecret, address = database.address } = options;
  const password = randomPassword();
  await database.createUser(username, password);
  const value = { ...address, username, password };
  if (strategy === "single-user") {
    await database.letKeepOldPassword?.(username);
    return { secretArn: await createSecret(username, value), logins: [username] };
  }
  const master = { ...address, username: `${username}_master`, password: randomPassword() };
  await database.createMaster(master.username, master.password, username);
  const masterarn = await createSecret(master.username, master);
  return {
    secretArn: await createSecret(username, { ...value, masterarn }),
    logins: [username, `${username}_clone`, master.username],
  };
}
