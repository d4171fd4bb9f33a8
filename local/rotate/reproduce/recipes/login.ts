import type { Reproductions } from "../reproduction.ts";
import type { Scene } from "../scene.ts";

const POSTGRES = { engine: "postgres", strategy: "single-user" } as const;
const MYSQL = { engine: "mysql", strategy: "single-user" } as const;

/** The login of the user. */
export const LOGIN = {
  "login-rejected": {
    ...POSTGRES,
    breaks: "the password of the user was changed by hand",
    break: ({ sql, username }) => sql(`ALTER ROLE ${username} PASSWORD 'changed by hand'`),
    mends: "the secret has the new password",
    mend: ({ edit }) => edit({ password: "changed by hand" }),
  },
  "login-not-allowed": {
    ...POSTGRES,
    breaks: "the user has NOLOGIN",
    break: ({ sql, username }) => sql(`ALTER ROLE ${username} NOLOGIN`),
    mends: "the user has LOGIN",
    mend: ({ sql, username }) => sql(`ALTER ROLE ${username} LOGIN`),
  },
  "wrong-user": {
    ...MYSQL,
    breaks: "an account without a name, for localhost alone, comes before that of the user",
    break: async (scene) =>
      scene.sql(
        `CREATE USER ''@localhost IDENTIFIED BY '${await password(scene)}'`,
        "GRANT ALL ON app.* TO ''@localhost",
      ),
    mends: "the account without a name is dropped",
    mend: ({ sql }) => sql("DROP USER ''@localhost"),
  },
  "account-locked": {
    ...MYSQL,
    breaks: "the account of the user is locked",
    break: ({ sql, username }) => sql(`ALTER USER ${username} ACCOUNT LOCK`),
    mends: "the account is unlocked",
    mend: ({ sql, username }) => sql(`ALTER USER ${username} ACCOUNT UNLOCK`),
  },
  "password-expired": {
    ...MYSQL,
    breaks: "the password of the user has expired",
    break: ({ sql, username }) => sql(`ALTER USER ${username} PASSWORD EXPIRE`),
    mends: "an administrator has set the password under AWSCURRENT again",
    mend: async (scene) => scene.sql(`ALTER USER ${scene.username} IDENTIFIED BY '${await password(scene)}'`),
  },
  "connection-limit": {
    ...POSTGRES,
    breaks: "the user has CONNECTION LIMIT 0",
    break: ({ sql, username }) => sql(`ALTER ROLE ${username} CONNECTION LIMIT 0`),
    mends: "the user has no limit",
    mend: ({ sql, username }) => sql(`ALTER ROLE ${username} CONNECTION LIMIT -1`),
  },
  "missing-database": {
    ...POSTGRES,
    breaks: "the database in the secret does not exist",
    break: ({ edit }) => edit({ dbname: "nowhere" }),
    mends: "the secret has a database that exists",
    mend: ({ edit, database: { address } }) => edit({ dbname: address.dbname }),
  },
} satisfies Reproductions;

/** It has no character that would have to be escaped. */
async function password({ stack, secretArn }: Scene): Promise<unknown> {
  return (await stack.value(secretArn)).password;
}
