import type { Reproductions } from "../reproduction.ts";
import type { ReproductionSetup } from "../reproduction-setup.ts";

const POSTGRES = { engine: "postgres", strategy: "single-user" } as const;
const MYSQL = { engine: "mysql", strategy: "single-user" } as const;

/** The login of the user. */
export const LOGIN = {
  "login-rejected": {
    ...POSTGRES,
    breaks: "the password of the user was changed by hand",
    break: ({ sql, username }) => sql(`ALTER ROLE ${username} PASSWORD 'changed by hand'`),
    repairs: "the secret has the new password",
    repair: ({ edit }) => edit({ password: "changed by hand" }),
  },
  "login-not-allowed": {
    ...POSTGRES,
    breaks: "the user has NOLOGIN",
    break: ({ sql, username }) => sql(`ALTER ROLE ${username} NOLOGIN`),
    repairs: "the user has LOGIN",
    repair: ({ sql, username }) => sql(`ALTER ROLE ${username} LOGIN`),
  },
  "wrong-user": {
    ...MYSQL,
    breaks: "an account without a name, for localhost alone, comes before that of the user",
    break: async (setup) =>
      setup.sql(
        `CREATE USER ''@localhost IDENTIFIED BY '${await password(setup)}'`,
        "GRANT ALL ON app.* TO ''@localhost",
      ),
    repairs: "the account without a name is dropped",
    repair: ({ sql }) => sql("DROP USER ''@localhost"),
  },
  "account-locked": {
    ...MYSQL,
    breaks: "the account of the user is locked",
    break: ({ sql, username }) => sql(`ALTER USER ${username} ACCOUNT LOCK`),
    repairs: "the account is unlocked",
    repair: ({ sql, username }) => sql(`ALTER USER ${username} ACCOUNT UNLOCK`),
  },
  "password-expired": {
    ...MYSQL,
    breaks: "the password of the user has expired",
    break: ({ sql, username }) => sql(`ALTER USER ${username} PASSWORD EXPIRE`),
    repairs: "an administrator has set the password under AWSCURRENT again",
    repair: async (setup) =>
      setup.sql(`ALTER USER ${setup.username} IDENTIFIED BY '${await password(setup)}'`),
  },
  "connection-limit": {
    ...POSTGRES,
    breaks: "the user has CONNECTION LIMIT 0",
    break: ({ sql, username }) => sql(`ALTER ROLE ${username} CONNECTION LIMIT 0`),
    repairs: "the user has no limit",
    repair: ({ sql, username }) => sql(`ALTER ROLE ${username} CONNECTION LIMIT -1`),
  },
  "missing-database": {
    ...POSTGRES,
    breaks: "the database in the secret does not exist",
    break: ({ edit }) => edit({ dbname: "nowhere" }),
    repairs: "the secret has a database that exists",
    repair: ({ edit, database: { address } }) => edit({ dbname: address.dbname }),
  },
} satisfies Reproductions;

/** It has no character that would have to be escaped. */
async function password({ stack, secretArn }: ReproductionSetup): Promise<unknown> {
  return (await stack.value(secretArn)).password;
}
