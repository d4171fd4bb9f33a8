import { RotationError } from "../../../shared/report/errors.ts";
import { explained, type ServerRefusal } from "../errors.ts";
import type { MysqlSession } from "../session.ts";
import { accountText } from "../sql.ts";
import type { Step } from "./pair-dialect.ts";

/** ER_NO_SUCH_TABLE: a grant outlives its table, and without the table only a grant with CREATE can be repeated. */
const NO_SUCH_TABLE = 1146;

/** MySQL's and MariaDB's errors for a password that the account has or had before. */
export const USED_BEFORE = [3638, 1396];

/** Executes the changes as the admin user. */
export async function applySteps(
  admin: MysqlSession,
  steps: readonly Step[],
  password: string,
): Promise<void> {
  for (const step of steps) {
    await admin.renewTimeouts();
    const refusal = await admin.attempt(step.run?.(password, admin) ?? step.statement);
    if (refusal?.number === NO_SUCH_TABLE && step.grant) {
      await applySteps(admin, withCreate(step.statement, step.grant), password);
    } else if (refusal && !(await hasPassword(admin, step, refusal, password))) {
      throw failed(admin, step, refusal);
    }
  }
}

function withCreate(statement: string, { on, account }: NonNullable<Step["grant"]>): Step[] {
  return [statement.replace(/^GRANT /, "GRANT CREATE, "), `REVOKE CREATE ON ${on} FROM ${account}`].map(
    (one) => ({ statement: one, kind: "adds" }),
  );
}

async function hasPassword(
  { invocation, acceptsLogin }: MysqlSession,
  { username }: Step,
  { number }: ServerRefusal,
  password: string,
): Promise<boolean> {
  const has =
    username !== undefined && USED_BEFORE.includes(number) && (await acceptsLogin(username, password));
  if (has) {
    invocation.log.info("The alternate user has the pending password already");
  }
  return has;
}

/** The error for a refused statement. It shows the statement to run, unless that has a placeholder. */
function failed({ account: admin }: MysqlSession, step: Step, refusal: ServerRefusal): RotationError {
  const error = explained(refusal, admin.user);
  const [missing] = refusal.detail?.split(/,| or /) ?? [];
  const statement = missing ? `GRANT ${missing} ON *.* TO ${accountText(admin)}` : step.statement;
  if (
    error.reason === "missing-privilege" ? step.run && !missing : error.reason !== "database" || !step.grant
  ) {
    return error;
  }
  const otherwise = step.grant
    ? " - if the object does not exist any more, revoke the privilege from the current user instead."
    : "";
  return new RotationError(
    "missing-privilege",
    `The server refused (error ${refusal.number}): ${step.statement}.`,
    `Run as an administrator: ${statement}${otherwise}`,
  );
}
