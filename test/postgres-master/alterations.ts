import type { Fixture } from "../support/fixture.ts";
import { newPair, type Users, type UsersOptions } from "./pairs.ts";

/** Users whose user was altered before the first rotation. */
export async function alteredPair(
  fixture: Fixture,
  alterations: string[],
  options: UsersOptions = {},
): Promise<Users> {
  const users = await newPair(fixture, options);
  for (const alteration of alterations)
    await fixture.database.server.query(`ALTER ROLE ${users.username} ${alteration}`);
  return users;
}

/** The settings of a role as the server stores them, but for the one by which a clone acts as its base user. */
export async function settingsOf({ database }: Fixture, role: string): Promise<unknown[]> {
  const { rows } = await database.server.query(
    `SELECT coalesce(datname, '') || ': ' || setting AS setting
       FROM pg_db_role_setting LEFT JOIN pg_database ON pg_database.oid = setdatabase, unnest(setconfig) AS setting
      WHERE setrole = $1::regrole AND setting NOT LIKE 'role=%' ORDER BY 1`,
    [role],
  );
  return rows.map(({ setting }) => setting);
}

export async function limitsOf({ database }: Fixture, role: string): Promise<unknown> {
  const { rows } = await database.server.query(
    "SELECT rolconnlimit, rolvaliduntil, rolreplication FROM pg_roles WHERE rolname = $1",
    [role],
  );
  return rows[0];
}
