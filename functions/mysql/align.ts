import { RotationError } from "../../shared/report/errors.ts";
import type { Account } from "./account.ts";
import { alignment, statements } from "./alignment.ts";
import type { Dialect } from "./dialect.ts";
import { explained } from "./errors.ts";
import { mergePatch } from "./merge-patch.ts";
import type { Server } from "./session.ts";
import { type AccountName, accountText, literal } from "./sql.ts";

/** Aligning changes less each time; what is left after so many rounds, the server will not have otherwise. */
const MOST_ROUNDS = 4;

const EXPIRY = "PASSWORD EXPIRE";

/** Makes an account like another one: grants before revokes, and nothing is taken away that the model has. */
export async function align(
  server: Server,
  dialect: Dialect,
  model: Account,
  name: AccountName,
): Promise<void> {
  const account = accountText(name);
  for (let round = 1; round <= MOST_ROUNDS; round++) {
    const { grants } = await dialect.describe(server, name);
    const changes = statements(alignment(model.grants, grants, dialect.everything), account);
    if (changes.length === 0) {
      break;
    }
    for (const change of changes) {
      await grantOrRevoke(server, change, account);
    }
  }
  const now = await dialect.describe(server, name);
  if (now.defaultRoles.join() !== model.defaultRoles.join()) {
    await run(server, [dialect.setDefaultRoles(name, model.defaultRoles)]);
  }
  const clauses = Object.keys(model.clauses).filter((key) => now.clauses[key] !== model.clauses[key]);
  if (clauses.includes(EXPIRY)) {
    // From INTERVAL to DEFAULT the server (seen in 9.7) changes its table and not its memory; from NEVER it does both.
    await run(server, [`ALTER USER ${account} ${EXPIRY} NEVER`]);
  }
  const patch = mergePatch(now.attributes, model.attributes);
  if (clauses.length > 0 || patch) {
    const texts = clauses.map((key) => model.clauses[key]);
    const attribute = patch ? [`ATTRIBUTE ${literal(JSON.stringify(patch))}`] : [];
    await run(server, [`ALTER USER ${account} ${[...texts, ...attribute].join(" ")}`]);
  }
}

/** ER_NO_SUCH_TABLE: grants outlive their tables, and only those that include CREATE may come before one. */
const NO_SUCH_TABLE = 1146;

async function grantOrRevoke(server: Server, change: string, account: string): Promise<void> {
  const refusal = await server.attempt(change);
  const [beginning] = /^GRANT [A-Z ,]+? ON /.exec(change) ?? [];
  if (refusal?.number === NO_SUCH_TABLE && beginning !== undefined) {
    const table = change.slice(beginning.length, change.lastIndexOf(` TO ${account}`));
    await run(server, [
      change.replace(/^GRANT /, "GRANT CREATE, "),
      `REVOKE CREATE ON ${table} FROM ${account}`,
    ]);
  } else if (refusal) {
    const error = explained(refusal);
    if (error instanceof RotationError && !["missing-privilege", "database"].includes(error.reason)) {
      throw error; // A lock, a server that stops: no privilege helps against these.
    }
    throw new RotationError(
      "missing-privilege",
      `The server refused (error ${refusal.number}): ${change}.`,
      "If the object does not exist any more, revoke the privilege from the current user. Otherwise run it as an " +
        "administrator, or grant the master the same privilege WITH GRANT OPTION.",
    );
  }
}

/** @param changes without a secret: they are quoted in the error if the server refuses one. */
export async function run(server: Server, changes: readonly string[]): Promise<void> {
  for (const change of changes) {
    const refusal = await server.attempt(change);
    const error = refusal && explained(refusal);
    if (error instanceof RotationError && error.reason === "missing-privilege") {
      const what = `The master user may not do all that it takes (error ${refusal?.number}).`;
      throw new RotationError("missing-privilege", what, `Run as an administrator: ${change}`);
    }
    if (error) {
      throw error;
    }
  }
}
