import type { Reproductions } from "../reproduction.ts";
import type { Scene } from "../scene.ts";

const POSTGRES = { engine: "postgres", strategy: "master-user" } as const;

/** The two users and the master user. */
export const PAIR = {
  "user-not-owned": {
    ...POSTGRES,
    breaks: "the alternate user exists, and has no ownership marker",
    break: ({ sql, username }) => sql(`CREATE ROLE ${username}_clone LOGIN`),
    mends: "the alternate user is dropped",
    mend: ({ sql, username }) => sql(`DROP ROLE ${username}_clone`),
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
    mends: "the alternate user is no superuser",
    mend: ({ sql, username }) => sql(`ALTER ROLE ${username}_clone NOSUPERUSER`),
  },
  "missing-privilege": {
    ...POSTGRES,
    breaks: "the master user lacks CREATEROLE",
    break: ({ sql, username }) => sql(`ALTER ROLE ${username}_master NOCREATEROLE`),
    mends: "the master user has CREATEROLE",
    mend: ({ sql, username }) => sql(`ALTER ROLE ${username}_master CREATEROLE`),
  },
  "secret-changed": {
    ...POSTGRES,
    breaks: "the host in the master secret is not that in the secret",
    break: (scene) => editMaster(scene, "db.example.com"),
    mends: "both secrets have the same host",
    mend: (scene) => editMaster(scene, scene.database.address.host),
  },
} satisfies Reproductions;

function editMaster({ edit, username }: Scene, host: string): Promise<void> {
  return edit({ host }, `${username}_master`);
}
