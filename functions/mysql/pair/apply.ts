import { RotationError } from "../../../shared/report/errors.ts";
import { explained, type ServerRefusal } from "../errors.ts";
import type { MysqlSession } from "../session.ts";
import { accountText } from "../sql.ts";
import type { Step } from "./pair-dialect.ts";

/** ER_NO_SUCH_TABLE: grants outlive their tables, and only those that include CREATE may come before one. */
const NO_SUCH_TABLE = 1146;

/** By which a server refuses a password that the account has, or had before: MySQL's number, and MariaDB's. */
export const USED_BEFORE = [3638, 1396];

/** Makes the changes as the admin user. */
export async function applySteps(
  admin: MysqlSession,
  steps: readonly Step[],
  password: string,
): Promise<void> {
  for (const step of steps) {
    await admin.renewTimeouts();
    const refusal = await admin.attempt(step.run?.(password, admin) ?? step.statement);
    if (refusal?.number === NO_SUCH_TABLE && /^GRANT [A-Z ,]+? ON /.test(step.statement)) {
      await applySteps(admin, withCreate(step), password);
    } else if (refusal && !(await hasPassword(admin, step, refusal, password))) {
      throw failed(admin, step, refusal);
    }
  }
}

function withCreate({ statement, account = "" }: Step): Step[] {
  const table = statement.slice(statement.indexOf(" ON "), statement.lastIndexOf(` TO ${account}`));
  return [
    { statement: statement.replace(/^GRANT /, "GRANT CREATE, "), kind: "adds" },
    { statement: `REVOKE CREATE${table} FROM ${account}`, kind: "adds" },
  ];
}

async function hasPassword(
  { invocation, letsIn }: MysqlSession,
  { username }: Step,
  { number }: ServerRefusal,
  password: string,
): Promise<boolean> {
  const has = username !== undefined && USED_BEFORE.includes(number) && (await letsIn(username, password));
  if (has) {
    invocation.log.info("The alternate user has the pending password already");
  }
  return has;
}

/** A statement with a placeholder is none for an administrator to run. */
function failed({ account: admin }: MysqlSession, step: Step, refusal: ServerRefusal): RotationError {
  const error = explained(refusal, admin.user);
  if (step.account !== undefined && ["missing-privilege", "database"].includes(error.reason)) {
    return new RotationError(
      "missing-privilege",
      `The server refused (error ${refusal.number}): ${step.statement}.`,
      "If the object does not exist any more, revoke the privilege from the current user. Otherwise run the statement " +
        "as an administrator.",
    );
  }
  const lacks = refusal.detail?.split(/,| or /)[0];
  const cure = lacks
    ? `GRANT ${lacks} ON *.* TO ${accountText(admin)}`
    : step.run
      ? undefined
      : step.statement;
  return error.reason === "missing-privilege" && cure
    ? new RotationError(
        "missing-privilege",
        `The master user ${admin.user} may not do all that it takes (error ${refusal.number}).`,
        `Run as an administrator: ${cure}`,
      )
    : error;
}
