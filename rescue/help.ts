import type { Verb } from "./options.ts";

const WRITES = `
It shows what it would do, call by call, and asks before it writes. Without a terminal it only shows.

  --yes                 writes without asking`;

const MASTER = `
  --master-secret-id S  the master secret (default: "masterarn" of the secret, then MASTER_SECRET_ARN)`;

const UNLABELED = `
  --try-unlabeled       also tries the passwords of versions without labels, if no other logs in; each
                        refused login counts toward a lock of the account`;

const ENVIRONMENT = `
AWS credentials and region come from where every AWS tool finds them (AWS_PROFILE, AWS_REGION, …); an ARN says
its region itself. The database is logged in to from here: run it where the database can be reached, or

  --through HOST:PORT   log in through a tunnel that ends here; TLS is for the secret's own host all the same

  DATABASE_CA_FILE, DATABASE_HOST, PASSWORD_IN_SQL    as for the function
  AWS_ENDPOINT_URL_SECRETS_MANAGER                    another Secrets Manager, such as the local one

Exit status: 0 done, or nothing is wrong; 1 it failed, or something is wrong that nothing was done about, or
that is not known; 2 wrong options. No password is ever printed. policies/rescue.json is what it takes in AWS.`;

const OF_VERB: Readonly<Record<Verb, string>> = {
  explain: `Says how a secret stands: its versions, which of them logs in, what the next rotation would do, and which
command helps. Changes nothing.

  npm run rescue -- [explain] --secret-id NAME-OR-ARN [options]

  --secret-id S         the secret
  --json                prints one JSON object; best as: npm run --silent rescue -- --json …${UNLABELED}`,

  unstick: `Ends a rotation that cannot go on. AWSPENDING is taken off its version if AWSCURRENT logs in without it. If it
is another version that logs in (AWSPENDING, AWSPREVIOUS, or one without labels), that one becomes AWSCURRENT.

  npm run rescue -- unstick --secret-id NAME-OR-ARN [options]

  --secret-id S         the secret
  --without-database    takes AWSPENDING off although the database cannot be asked which password it has${UNLABELED}
${WRITES}`,

  reset: `Sets the password of the user of AWSCURRENT to the one under AWSCURRENT, in the database, through the master
secret: for when no version logs in any more. Nothing new is stored.

  npm run rescue -- reset --secret-id NAME-OR-ARN [options]

  --secret-id S         the secret${MASTER}
${WRITES}`,

  discard: `Turns the password under AWSPREVIOUS off: for when it has leaked. For a leak of AWSCURRENT rotate first.

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
