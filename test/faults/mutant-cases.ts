import type { StrategyName } from "../../local/engines.ts";

/** A mutant (a function with a mistake made on purpose) and the case that must fail because of it. */
export interface MutantCase {
  /** File name in mutants/, without extension. */
  readonly name: string;
  readonly strategy: StrategyName;
  readonly part: "matrix" | "database" | "races" | "outside";
  /** The case, as --only has it after engine, strategy and part. */
  readonly only: string;
  /** Column of the tables that the mistake must change. */
  readonly column: string;
  /** The problem that the case must report: a failure for another reason proves nothing. */
  readonly says: RegExp;
}

const LOCKED_OUT = /AWSCURRENT nor AWSPENDING logs in/;
const WITHOUT_PRIVILEGES = /may {2}instead of SELECT,UPDATE|is not what the user was/;

/** At least one for each column of each table, and for each fault that freezes a process. */
export const MUTANT_CASES: readonly MutantCase[] = [
  {
    name: "never-tries-pending",
    strategy: "single-user",
    part: "matrix",
    only: "later/testSecret.login.1/before/cut",
    column: "converged",
    says: /Not rotated in: The password was changed already/,
  },
  {
    name: "password-in-between",
    strategy: "single-user",
    part: "matrix",
    only: "later/setSecret.login.1/before/cut",
    column: "lockouts",
    says: LOCKED_OUT,
  },
  {
    name: "clone-without-privileges",
    strategy: "master-user",
    part: "matrix",
    only: "new-clone/setSecret.login.1/before/cut",
    column: "wrong promotions",
    says: WITHOUT_PRIVILEGES,
  },
  {
    name: "without-timeouts",
    strategy: "single-user",
    part: "matrix",
    only: "later/setSecret.login.1.statement.2/after/freeze",
    column: "converged",
    says: /An administrator waited for a lock of the frozen process for more than 8 s/,
  },
  {
    name: "without-timeouts",
    strategy: "single-user",
    part: "matrix",
    only: "later/setSecret.login.1/before/blocked",
    column: "converged",
    says: /After the frozen step, setSecret failed|The server changed the user app\d+ after the step had failed/,
  },
  {
    name: "without-confirm",
    strategy: "single-user",
    part: "matrix",
    only: "later/setSecret.login.1.statement.1/after/wake",
    column: "lockouts",
    says: /AWSCURRENT does not log in, and no setSecret is the reason/,
  },
  {
    name: "pair-without-confirm",
    strategy: "master-user",
    part: "matrix",
    only: "clone-exists/setSecret.login.2.statement.1/after/abandon",
    column: "wrong promotions",
    says: /What was promoted does not log in/,
  },
  {
    name: "promotes-untested",
    strategy: "single-user",
    part: "database",
    only: "later/password-changed/testSecret.DescribeSecret.1",
    column: "wrong promotions",
    says: /What was promoted does not log in/,
  },
  {
    name: "password-in-between",
    strategy: "single-user",
    part: "database",
    only: "later/privilege-revoked/createSecret.DescribeSecret.1",
    column: "lockouts",
    says: /The secret let its readers in, and does no more/,
  },
  {
    name: "says-no-remedy",
    strategy: "single-user",
    part: "database",
    only: "later/certificate-expired/setSecret.login.1",
    column: "as told",
    says: /setSecret tells nobody what to do: tls/,
  },
  {
    name: "without-lock",
    strategy: "single-user",
    part: "races",
    only: "later/3 of each step at once, from the effect on/2",
    column: "failed",
    says: /^setSecret: .*Another session changed the role at the same time/,
  },
  {
    name: "password-in-between",
    strategy: "single-user",
    part: "races",
    only: "later/2 of each step at once, from the guard on/1",
    column: "lockouts",
    says: LOCKED_OUT,
  },
  {
    name: "clone-without-privileges",
    strategy: "master-user",
    part: "races",
    only: "new-clone/setSecret during createSecret at after/createSecret.PutSecretValue.1",
    column: "wrong promotions",
    says: WITHOUT_PRIVILEGES,
  },
  {
    name: "promotes-abandoned",
    strategy: "single-user",
    part: "outside",
    only: "later/put/before/finishSecret.DescribeSecret.1",
    column: "wrong promotions",
    says: /AWSCURRENT is not where somebody wanted it to be/,
  },
  {
    name: "password-in-between",
    strategy: "single-user",
    part: "outside",
    only: "later/delete-restore/before/setSecret.login.1",
    column: "lockouts",
    says: /No version logs in/,
  },
  {
    name: "never-tries-pending",
    strategy: "single-user",
    part: "outside",
    only: "later/take-pending/before/testSecret.DescribeSecret.1",
    column: "not at all",
    says: /It tells nobody what to do, or what does not help: The password was changed already/,
  },
];

/** Says passwords aloud: not a count, but what is looked for in all parts. */
export const LEAKING_MUTANT: Omit<MutantCase, "column" | "says"> = {
  name: "says-passwords",
  strategy: "single-user",
  part: "matrix",
  only: "later/setSecret.login.1/before/cut",
};
