import { type AccountName, accountText, literal } from "../sql.ts";
import { type Account, attributesPatch } from "./account.ts";
import { type Alignment, alignment, statements } from "./alignment.ts";
import type { PairDialect, Step } from "./pair-dialect.ts";

/** The alternate user's account for one of the current user's, and what makes it like that one. */
export interface Counterpart extends Alignment {
  readonly name: AccountName;
  readonly existing: Account | undefined;
  /** All but the password, in this order; none if the two are alike. */
  readonly steps: readonly Step[];
}

/** @param cloneOf what a new account is to be marked with. */
export function counterpartOf(
  model: Account,
  name: AccountName,
  existing: Account | undefined,
  dialect: PairDialect,
  cloneOf?: string,
): Counterpart {
  const aligned = alignment(model.grants, existing?.grants ?? new Map(), dialect.everything);
  const account = accountText(name);
  const kind = existing ? "takes" : "adds"; // Whatever is done to a new account makes it what it is to be.
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

/** How the pending user differs, each as the end of a sentence about it. */
export function differencesOf({ steps }: Counterpart): string[] {
  return steps.map(({ statement }) => `needs ${statement} to be like the current one`);
}

const EXPIRY = "PASSWORD EXPIRE";

/** Default roles, which have been granted by now, clauses of ALTER USER, attributes, and how the password is stored. */
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
    // From INTERVAL to DEFAULT the server (seen in 9.7) changes its table and not its memory; from NEVER it does both.
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
