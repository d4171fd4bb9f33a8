import { RotationError } from "../../shared/report/errors.ts";
import { assertMasterMay } from "./master-privileges.ts";
import { readRoles } from "./roles.ts";
import type { Sql } from "./sql.ts";

/** Inside the transaction that is about to give another role a password. */
export async function assertMayGivePassword(sql: Sql, username: string): Promise<void> {
  const { current } = await readRoles(sql, { current: username, alternate: username, clone: undefined });
  if (current === undefined) {
    throw new RotationError(
      "unsupported",
      `There is no role ${username}.`,
      "Create it, or correct the secret's username.",
    );
  }
  await assertMasterMay(sql, [current], "change the password of others");
}
