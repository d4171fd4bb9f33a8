import { expect } from "vitest";
import type { Lab } from "./lab.ts";
import { edit, existing, newPair, type Users } from "./pairs.ts";

/** The statements that an error message tells an administrator to run. */
export function statementsIn(message: string): string {
  return (
    /[Rr]un as an administrator(?: in "[^"]+")?: (.+?)(?: - if it does not.+)?$/.exec(message)?.[1] ??
    expect.fail(message)
  );
}

/**
 * Two users as an administrator prepares them: both act as one role, and the comment on each is the
 * ownership marker of partners.
 */
export async function preparedPartners({
  database,
  fixture,
  server,
  stack,
}: Lab): Promise<Users & { readonly green: string; readonly shared: string }> {
  const users = await newPair(fixture);
  const [blue, green, shared] = [users.username, `green_of_${users.username}`, `shared_of_${users.username}`];
  await existing(database, users, green);
  await server.query(`CREATE ROLE ${shared}; CREATE SCHEMA ${shared} AUTHORIZATION ${shared}`);
  for (const [user, partner] of [
    [blue, green],
    [green, blue],
  ]) {
    await server.query(
      `GRANT ${shared} TO ${user}; ALTER ROLE ${user} SET role TO ${shared};
       COMMENT ON ROLE ${user} IS 'rotation_partner_of: "${partner}"'`,
    );
  }
  await server.query(
    `GRANT ${shared} TO ${users.master.username} WITH ADMIN OPTION, INHERIT FALSE, SET FALSE`,
  );
  await edit(stack, users, { alternateUsername: green });
  return { ...users, green, shared };
}
