import type { Sql } from "./sql.ts";

/** What the server can do, by its version. */
export interface Server {
  /** "18.4" */
  readonly version: string;
  /** 180004 */
  readonly number: number;
  /** GRANT … WITH INHERIT, SET: since 16. */
  readonly hasMembershipOptions: boolean;
}

export async function readServer(sql: Sql): Promise<Server> {
  const { rows } = await sql.query(
    "SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number",
  );
  const [row] = rows as [{ version: string; number: number }];
  return { ...row, hasMembershipOptions: row.number >= 160000 };
}

/**
 * Whether `ALTER ROLE … SET role` holds from login on and after DISCARD ALL. Of each major version the first minor
 * release in which it does; one before, some ignore it at login (release notes of 17.2, 16.6, 15.10, 14.15).
 */
export function actsAsBaseReliably({ number }: Server): boolean {
  const first = [130018, 140015, 150010, 160006, 170002, 180000].findLast(
    (release) => Math.floor(release / 10000) <= Math.floor(number / 10000),
  );
  return first !== undefined && number >= first;
}
