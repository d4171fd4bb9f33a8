import { RotationError } from "../../shared/report/errors.ts";
import { inTurn } from "../../shared/report/one-line.ts";
import { type Account, readGrants } from "./account.ts";
import { alignment, everythingOn } from "./alignment.ts";
import type { Dialect } from "./dialect.ts";
import { ALL, type Grant, type Grants, grantText, hasOptionOfItsOwn } from "./grants.ts";
import type { Server } from "./session.ts";
import { accountText } from "./sql.ts";

/**
 * Asks before the first change whether the master may make all of them. It has what its active roles have too.
 *
 * @param alternates one per account of the model's user; undefined where one is to be created.
 * @param what it is to do, for the error.
 * @throws RotationError `missing-privilege` with the statements that cure it.
 */
export async function assertMasterMay(
  server: Server,
  dialect: Dialect,
  model: Account,
  alternates: readonly (Account | undefined)[],
  what = "prepare the alternate user",
): Promise<void> {
  const master = readGrants(await server.rows("SHOW GRANTS"));
  const name = accountText(server.account);
  const needed = alternates.flatMap((account) => {
    const { grants, revokes } = alignment(model.grants, account?.grants ?? new Map(), dialect.everything);
    return [...grants, ...revokes];
  });
  const cures = new Set(
    needed.filter((grant) => !mayGrant(master, grant, dialect)).map((grant) => cure(grant, name)),
  );
  for (const { privilege, on } of alternates.flatMap((account) => dialect.needed(model, account))) {
    if (![privilege, ALL].some((one) => heldOn(on, master).has(one))) {
      cures.add(`GRANT ${privilege} ON ${on} TO ${name}`);
    }
  }
  if (cures.size > 0) {
    throw new RotationError(
      "missing-privilege",
      `The master user ${server.account.user} may not ${what}.`,
      `Run as an administrator: ${inTurn([...cures])}`,
    );
  }
}

/**
 * Whose PROXY WITH GRANT OPTION is one for all: that for an account on a certain host is not enough to grant it. The
 * second and third are how MariaDB 10.11 and 11.8 print it.
 */
const ANYBODY = ["``@``", "``@`%`", "''@'%'"];

function cure({ privilege, on }: Grant, name: string): string {
  if (on === "") {
    return `GRANT ${privilege} TO ${name} WITH ADMIN OPTION`;
  }
  if (privilege === "PROXY") {
    return `GRANT PROXY ON ''@'' TO ${name} WITH GRANT OPTION`;
  }
  return privilege === "GRANT OPTION"
    ? `GRANT GRANT OPTION ON ${on} TO ${name}`
    : `GRANT ${privilege} ON ${on} TO ${name} WITH GRANT OPTION`;
}

/**
 * MySQL manual, "GRANT Statement": whoever grants or revokes needs the privilege and GRANT OPTION, each of them at
 * any level that covers the object.
 */
function mayGrant(master: Grants, grant: Grant, { everything, roleAdministrators = [] }: Dialect): boolean {
  const { privilege, on } = grant;
  if (on === "") {
    return (
      master.has(grantText({ ...grant, option: true })) ||
      roleAdministrators.some((one) => onGlobal(master, one) || onGlobal(master, one, true))
    );
  }
  if (privilege === "PROXY") {
    return ANYBODY.some((anybody) => master.has(grantText({ ...grant, on: anybody, option: true })));
  }
  if (hasOptionOfItsOwn(privilege)) {
    return onGlobal(master, privilege, true);
  }
  const [verb = privilege] = privilege.split(" (");
  const denied = [...master.values()].some(
    (one) => one.restriction && one.privilege === verb && covers(one.on, on),
  );
  const held = heldOn(on, master);
  const holds = (one: string) => held.has(one) || held.has(ALL);
  const list = privilege === ALL ? everythingOn(on, everything) : [];
  const holdsIt = holds(privilege) || holds(verb) || (list.length > 0 && list.every(holds));
  return !denied && held.has("GRANT OPTION") && holdsIt;
}

function heldOn(on: string, master: Grants): ReadonlySet<string> {
  const covering = [...master.values()].filter((one) => !one.restriction && covers(one.on, on));
  return new Set(covering.map(({ privilege }) => privilege));
}

function onGlobal(grants: Grants, privilege: string, option = false): boolean {
  const has = (what: string) =>
    grants.has(grantText({ privilege: what, on: "*.*", option, restriction: false }));
  return has(privilege) || (!option && has(ALL));
}

const SCHEMA = /(?:^|^[A-Z ]+ )`((?:[^`]|``)*)`\./;

/** Is a grant on the one object one on the other as well? Schema names in grants are patterns of LIKE. */
function covers(wide: string, narrow: string): boolean {
  if (wide === "*.*" || wide === narrow) {
    return true;
  }
  const pattern = wide.endsWith(".*") ? SCHEMA.exec(wide)?.[1] : undefined;
  const schema = SCHEMA.exec(narrow)?.[1];
  return pattern !== undefined && schema !== undefined && like(pattern).test(schema);
}

function like(pattern: string): RegExp {
  const literally = (text: string) => text.replace(/[^\w\s]/g, "\\$&");
  const source = (pattern.match(/\\.|[^\\]/gs) ?? []).map((part) =>
    part === "%" ? ".*" : part === "_" ? "." : literally(part.at(-1) ?? ""),
  );
  return new RegExp(`^${source.join("")}$`, "s");
}
