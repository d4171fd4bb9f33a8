import type { Reproductions } from "../reproduction.ts";
import type { ReproductionSetup } from "../reproduction-setup.ts";

const POSTGRES = { engine: "postgres", strategy: "master-user" } as const;

/** The two users and the master user. */
export const PAIR = {
  "user-not-owned": {
    ...POSTGRES,
    breaks: "the alternate user exists, and has no ownership marker",
    break: ({ sql, username }) =>
      sql(
        `CREATE ROLE ${username}_clone LOGIN`,
        `GRANT ${username}_clone TO ${username}_master WITH ADMIN OPTION, INHERIT FALSE, SET FALSE`,
      ),
    repairs: "the alternate user has the ownership marker",
    repair: ({ sql, username }) => sql(`GRANT ${username} TO ${username}_clone`),
  },
  "privilege-mismatch": {
    ...POSTGRES,
    breaks: "the alternate user is a superuser, and the user is not",
    break: ({ sql, username }) =>
      sql(
        `CREATE ROLE ${username}_clone LOGIN SUPERUSER`,
        `GRANT ${username}_clone TO ${username}_master WITH ADMIN OPTION, INHERIT FALSE, SET FALSE`,
        `GRANT ${username} TO ${username}_clone`,
      ),
    repairs: "the alternate user is no superuser",
    repair: ({ sql, username }) => sql(`ALTER ROLE ${username}_clone NOSUPERUSER`),
  },
  "missing-privilege": {
    ...POSTGRES,
    breaks: "the master user lacks CREATEROLE",
    break: ({ sql, username }) => sql(`ALTER ROLE ${username}_master NOCREATEROLE`),
    repairs: "the master user has CREATEROLE",
    repair: ({ sql, username }) => sql(`ALTER ROLE ${username}_master CREATEROLE`),
  },
  "secret-changed": {
    ...POSTGRES,
    breaks: "the host in the master secret is not that in the secret",
    break: (setup) => editMaster(setup, "db.example.com"),
    repairs: "both secrets have the same host",
    repair: (setup) => editMaster(setup, setup.database.address.host),
  },
} satisfies Reproductions;

function editMaster({ edit, username }: ReproductionSetup, host: string): Promise<void> {
  return edit({ host }, `${username}_master`);
}
