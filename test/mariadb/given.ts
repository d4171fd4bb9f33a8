import { mariadb } from "../../functions/mariadb/engine.ts";
import { startMariadbDatabase } from "../../local/servers/mariadb/database.ts";
import type { ServerOptions } from "../../local/servers/mysql-family/options.ts";
import { readDistribution } from "../../local/servers/packages/distribution.ts";
import { type Lab, labOf, MASTER } from "../mysql/given.ts";

const distribution = await readDistribution();

/** The versions to test on. Undefined is the distribution's. Debian also gets 11.8, except for trixie. */
export const VERSIONS =
  distribution?.id === "debian" && distribution.codename !== "trixie" ? [undefined, "11.8"] : [undefined];

export async function startMariadbLab(version?: string, options: ServerOptions = {}): Promise<Lab> {
  return await labOf(mariadb, await startMariadbDatabase({ ...options, ...(version && { version }) }));
}

/**
 * Creates roles that the master user may grant. Otherwise only the creator of a role may grant it, as its
 * administrator.
 */
export async function createRoles({ sql }: Lab, ...roles: string[]): Promise<void> {
  for (const role of roles) {
    await sql(`CREATE ROLE ${role}`, `GRANT ${role} TO ${MASTER.username} WITH ADMIN OPTION`);
  }
}
