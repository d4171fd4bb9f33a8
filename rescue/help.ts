import type { Verb } from "./options.ts";

const WRITES = `
The command prints its plan, call by call, and asks before it writes. Without a terminal it only prints the plan.

  --yes                 writes without asking`;

const MASTER = `
  --master-secret-id S  the master secret (default: "masterarn" of the secret, then MASTER_SECRET_ARN)`;

const UNLABELED = `
  --try-unlabeled       also tries the passwords of versions without labels, if no other logs in; each
                        refused login counts toward a lock of the account`;

const ENVIRONMENT = `
AWS credentials and Region come from AWS_PROFILE, AWS_REGION and the like; an ARN contains its Region. The command
logs in to the database from this machine. If the database cannot be reached from here:

  --through HOST:PORT   logs in through a tunnel with this end; the certificate must be for the secret's host

  DATABASE_CA_FILE, DATABASE_HOST, PASSWORD_IN_SQL    as for the function
  AWS_ENDPOINT_URL_SECRETS_MANAGER                    another Secrets Manager, such as the local one

Exit status: 0 done, or nothing is wrong; 1 the command failed, or something is wrong and remains so, or the
database cannot be reached; 2 wrong options. No password is printed. policies/rescue.json has the permissions.`;

const OF_VERB: Readonly<Record<Verb, string>> = {
  explain: `Shows the secret's versions, which of them logs in, what the next rotation would do, and which command helps.
Changes nothing.

  npm run rescue -- [explain] --secret-id NAME-OR-ARN [options]

  --secret-id S         the secret
  --json                prints one JSON object; best as: npm run --silent rescue -- --json …${UNLABELED}`,

  unstick: `Ends a rotation that cannot go on. Removes AWSPENDING from its version if AWSCURRENT logs in. If another version
logs in instead (AWSPENDING, AWSPREVIOUS, or one without labels), that version becomes AWSCURRENT.

  npm run rescue -- unstick --secret-id NAME-OR-ARN [options]

  --secret-id S         the secret
  --without-database    removes AWSPENDING without a login that shows which password the database has${UNLABELED}
${WRITES}`,

  reset: `Gives the user of AWSCURRENT the password under AWSCURRENT, through the master user. Use it if no version logs in.
Stores nothing.

  npm run rescue -- reset --secret-id NAME-OR-ARN [options]

  --secret-id S         the secret${MASTER}
${WRITES}`,

  discard: `Turns off the password under AWSPREVIOUS, after it has leaked. If AWSCURRENT has leaked, rotate first.

  npm run rescue -- discard --secret-id NAME-OR-ARN [options]

  --secret-id S         the secret${MASTER}
${WRITES}`,
};

const ALL = `Ends a stuck rotation. It runs with the operator's own AWS credentials.

  npm run rescue -- [VERB] --secret-id NAME-OR-ARN [options]

  explain (default)     how the secret stands, and which command helps; changes nothing
  unstick               ends a rotation that cannot go on, without losing the password that works
  reset                 gives the user the password under AWSCURRENT, through the master secret
  discard               turns the password under AWSPREVIOUS off, which has leaked

  list                  all secrets that rotate, the worst first; takes no --secret-id, and reads no value
  plan                  how long the rotation window of a fleet must be; needs no AWS account

  VERB --help           the options of a verb`;

export function helpOf(verb: Verb | "all"): string {
  return `${verb === "all" ? ALL : OF_VERB[verb]}\n${ENVIRONMENT}`;
}
