import { storedForm } from "../../functions/postgres/password.ts";
import { begin, isModern, type PostgresSession } from "../../functions/postgres/session.ts";
import { id, literal } from "../../functions/postgres/sql.ts";
import { RotationError } from "../../shared/report/errors.ts";

/**
 * @see RescueEngine.setPassword. The authentication method of the admin's login decides how the password is stored. If the
 * user cannot log in with that form, the password is stored in the form that every method in pg_hba.conf accepts.
 */
export async function setPassword(admin: PostgresSession, username: string, password: string): Promise<void> {
  const stored = await storedForm(admin, username, password);
  const [role] = await admin.sql.query(
    `${begin(admin)} SELECT role.rolsuper AS "isSuperuser", myself.rolsuper AS "mayAll", myself.rolname AS admin,
            myself.rolcreaterole AS "createsRoles", pg_has_role(role.oid, 'MEMBER WITH ADMIN OPTION') AS administers
       FROM pg_roles AS myself, pg_roles AS role
      WHERE myself.rolname = current_user AND role.rolname = ${literal(username)}`,
  );
  if (role === undefined) {
    throw new RotationError(
      "unsupported",
      `There is no role ${username}.`,
      `Create it, or correct the secret's username. Run as an administrator: ${recreated(username)} - then run this again.`,
    );
  }
  if (!role.mayAll) {
    assertMayChange(admin, username, role);
  }
  const set = async (form: string) => admin.sql.query(`ALTER ROLE ${id(username)} PASSWORD ${form}; COMMIT`);
  await set(stored);
  if (admin.passwords.askedForMd5) {
    await using session = await admin.open({ username, password });
    const passwords = { ...admin.passwords, askedForMd5: false };
    await (session ?? set(await storedForm({ ...admin, passwords }, username, password)));
  }
}

/** A clone of a restored database is missing with what makes it one. */
function recreated(username: string): string {
  const base = /^(.+)_clone$/s.exec(username)?.[1];
  const clone =
    base && `GRANT ${id(base)} TO ${id(username)}; ALTER ROLE ${id(username)} SET role TO ${id(base)}`;
  return [`CREATE ROLE ${id(username)} LOGIN`, ...(clone ? [clone] : [])].join("; ");
}

function assertMayChange({ server }: PostgresSession, username: string, role: Record<string, unknown>): void {
  const admin = String(role.admin);
  if (role.isSuperuser) {
    throw new RotationError(
      "missing-privilege",
      `The role ${username} is a superuser, and only a superuser may change its password.`,
      "Set the password as a superuser, and let the application have another user.",
    );
  }
  const statements = [
    ...(role.createsRoles ? [] : [`ALTER ROLE ${id(admin)} CREATEROLE`]),
    ...(role.administers || !isModern(server)
      ? []
      : [`GRANT ${id(username)} TO ${id(admin)} WITH ADMIN OPTION`]),
  ];
  if (statements.length > 0) {
    throw new RotationError(
      "missing-privilege",
      `The master user ${admin} may not change the password of others.`,
      `Run as an administrator: ${statements.join("; ")}`,
    );
  }
}
