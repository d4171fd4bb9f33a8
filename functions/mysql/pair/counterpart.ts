import { type AccountName, accountText, literal } from "../sql.ts";
import { type Account, attributesPatch } from "./account.ts";
import { type Alignment, alignment, statements } from "./alignment.ts";
import type { PairDialect, Step } from "./pair-dialect.ts";

/** The alternate user's account for one account of the current user, and the changes that make it equal. */
export interface Counterpart extends Alignment {
  readonly name: AccountName;
  readonly existing: Account | undefined;
  /** All changes but the password, in their order; empty if the accounts are equal. */
  readonly steps: readonly Step[];
}

/** @param cloneOf the user that the ownership marker of a new account names. */
export function counterpartOf(
  model: Account,
  name: AccountName,
  existing: Account | undefined,
  dialect: PairDialect,
  cloneOf?: string,
): Counterpart {
  const aligned = alignment(model.grants, existing?.grants ?? new Map(), dialect.everything);
  const account = accountText(name);
  const kind = existing ? "takes" : "adds"; // Changes to a new account take nothing away from anybody.
  return {
    ...aligned,
    name,
    existing,
    steps: [
      ...(existing ? [] : [dialect.create(name, model, cloneOf)]),
      ...statements("GRANT", aligned.grants, account),
      ...properties(model, name, existing, dialect).map((statement): Step => ({ statement, kind })),
      ...statements("REVOKE", aligned.revokes, account, kind),
    ],
  };
}

/** Returns the differences of the pending user, each the end of "The pending user …". */
export function differencesOf({ steps }: Counterpart): string[] {
  return steps.map(({ statement }) => `needs ${statement} to be like the current one`);
}

const EXPIRY = "PASSWORD EXPIRE";

/** Returns the changes of default roles (granted before), clauses of ALTER USER, attributes and plugin. */
function properties(
  model: Account,
  name: AccountName,
  existing: Account | undefined,
  dialect: PairDialect,
): string[] {
  const hasRoles = (existing?.defaultRoles ?? []).join() === model.defaultRoles.join();
  const { clauses, attributes, plugin } = existing ?? model;
  const differing = Object.keys(model.clauses).filter((key) => clauses[key] !== model.clauses[key]);
  const patch = attributesPatch(attributes, model.attributes);
  const changes = [
    // From INTERVAL to DEFAULT MySQL 9.7 changes its table, but not its memory. By way of NEVER it changes both.
    differing.includes(EXPIRY) ? `${EXPIRY} NEVER` : "",
    [
      ...differing.map((key) => model.clauses[key]),
      ...(patch ? [`ATTRIBUTE ${literal(JSON.stringify(patch))}`] : []),
    ].join(" "),
    plugin === model.plugin ? "" : `IDENTIFIED WITH ${literal(model.plugin)} BY RANDOM PASSWORD`,
  ].filter((change) => change !== "");
  return [
    ...(hasRoles ? [] : [dialect.setDefaultRoles(name, model.defaultRoles)]),
    ...changes.map((change) => `ALTER USER IF EXISTS ${accountText(name)} ${change}`),
  ];
}
