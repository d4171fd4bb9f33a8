import type { Reproductions } from "../reproduction.ts";

const SINGLE_USER = { strategy: "single-user" } as const;

/** The change of the password. */
export const PASSWORD = {
  "password-refused": {
    ...SINGLE_USER,
    engine: "mariadb",
    breaks: "a module checks passwords, and the server gets only the hash",
    break: ({ sql }) => sql("INSTALL SONAME 'simple_password_check'"),
    repairs: "the module is uninstalled",
    repair: ({ sql }) => sql("UNINSTALL SONAME 'simple_password_check'"),
  },
  "second-password": {
    ...SINGLE_USER,
    engine: "mysql",
    breaks: "another password was set by hand, beside the one under AWSCURRENT",
    break: ({ sql, username }) =>
      sql(`ALTER USER ${username} IDENTIFIED BY 'set by hand' RETAIN CURRENT PASSWORD`),
    repairs: "an administrator has ended the one that was set by hand",
    repair: async ({ sql, username, stack, secretArn }) =>
      sql(`ALTER USER ${username} IDENTIFIED BY '${(await stack.value(secretArn)).password}'`),
  },
  "read-only": {
    ...SINGLE_USER,
    engine: "mariadb",
    breaks: "the server is read-only",
    break: ({ sql }) => sql("SET GLOBAL read_only = ON"),
    repairs: "the server is not read-only",
    repair: ({ sql }) => sql("SET GLOBAL read_only = OFF"),
  },
  locked: {
    ...SINGLE_USER,
    engine: "postgres",
    timeoutSeconds: 4, // Of which the function waits about half.
    breaks: "a session that stays open has changed the user, and not committed",
    break: async (setup) => {
      const session = await setup.administrator();
      await session.query(`BEGIN; ALTER ROLE ${setup.username} CONNECTION LIMIT -1`);
    },
    repairs: "the session has been ended",
    repair: ({ sql }) =>
      sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'"),
  },
} satisfies Reproductions;
