/**
 * Bugs of AWS's own rotation templates, each seen when the unmodified template was run against a real server. A test
 * whose title begins with the id shows that the functions here do not have it.
 *
 * PG, My, Ma: PostgreSQL, MySQL, MariaDB. S, M: single-user, master-user.
 */
export const KNOWN_BUGS: readonly { id: string; where: string; bug: string }[] = [
  { id: "V1", where: "all", bug: "any step name succeeds once the token is AWSCURRENT, even nonsense" },
  {
    id: "V2",
    where: "all",
    bug: "one login of a normal rotation is rejected; two when the secret has no `ssl` key",
  },
  { id: "V3", where: "all", bug: '`ssl` = "require" or 1 means: fall back to plaintext' },
  {
    id: "V4",
    where: "all",
    bug: "a bad certificate or host name leads to a plaintext login that succeeds, rotation green",
  },
  {
    id: "V5",
    where: "all M",
    bug: "an RDS-managed master secret always allows plaintext, although the user's secret says `ssl: true`",
  },
  {
    id: "V6",
    where: "My Ma",
    bug: "a server that accepts the connection and stays silent hangs the function until Lambda kills it",
  },
  {
    id: "V7",
    where: "PG",
    bug: "a role row locked by another transaction hangs setSecret until Lambda kills it",
  },
  { id: "V8", where: "My M", bug: "death after CREATE USER: the retry promotes a user without privileges" },
  {
    id: "V9",
    where: "Ma M",
    bug: "death after the first GRANT (every rotation): the retry promotes a user without privileges",
  },
  {
    id: "V10",
    where: "My Ma M",
    bug: "death between grants: a user with some of the privileges is promoted",
  },
  { id: "V11", where: "My M", bug: "death before REQUIRE: a user without the TLS requirement is promoted" },
  {
    id: "V12",
    where: "My Ma M",
    bug: "the master lacks GRANT OPTION for one privilege: the error turns into success on the retry",
  },
  {
    id: "V13",
    where: "My M",
    bug: "partial revokes: the promoted clone reads schemas that the original may not",
  },
  {
    id: "V14",
    where: "Ma M",
    bug: "a `SET DEFAULT ROLE` row in SHOW GRANTS breaks the copy, the retry promotes without the role",
  },
  {
    id: "V15",
    where: "My M",
    bug: "REQUIRE SUBJECT or ISSUER breaks the copy, the retry promotes without any TLS requirement",
  },
  { id: "V16", where: "My Ma M", bug: "a schema whose name contains ` TO ` breaks the copy" },
  {
    id: "V17",
    where: "My",
    bug: "version test by first character: 9.x never rotates (S), fails from the second rotation (M)",
  },
  {
    id: "V18",
    where: "My",
    bug: "the complete pending password is in the exception text of a syntax error",
  },
  {
    id: "V19",
    where: "all",
    bug: "a password that the server's policy refuses is retried forever under the same token",
  },
  {
    id: "V20",
    where: "My Ma M",
    bug: "a user whose host is not `%` fails, and leaves a user with the pending password behind",
  },
  {
    id: "V21",
    where: "all",
    bug: "the host edited in AWSCURRENT while a pending version exists blocks the secret",
  },
  { id: "V22", where: "all S", bug: "AWSPREVIOUS that is not JSON stops a rotation that does not need it" },
  { id: "V23", where: "PG", bug: "a user name with `%` cannot rotate" },
  {
    id: "V24",
    where: "PG",
    bug: "the password stands in the server log, with default settings on any failing statement",
  },
  { id: "V25", where: "Ma", bug: "the password stands in the general log, once per grant" },
  {
    id: "V26",
    where: "PG M",
    bug: "objects made by the clone are unusable by the base user after the next rotation",
  },
  {
    id: "V27",
    where: "PG M",
    bug: "search_path, CONNECTION LIMIT and other role settings are not carried",
  },
  { id: "V28", where: "PG M", bug: "an existing clone without the membership is promoted without rights" },
  { id: "V29", where: "My M", bug: "default roles are not carried: the clone logs in with role NONE" },
  {
    id: "V30",
    where: "My M",
    bug: "resource limits, expiry, FAILED_LOGIN_ATTEMPTS, comment and attribute are dropped",
  },
  {
    id: "V31",
    where: "My Ma M",
    bug: "a privilege revoked from the active user comes back two rotations later",
  },
  { id: "V32", where: "Ma M", bug: "WITH GRANT OPTION is dropped on the clone" },
  { id: "V33", where: "PG My M", bug: "an unrelated, existing `x_clone` is adopted with its privileges" },
  {
    id: "V34",
    where: "PG My M",
    bug: "a secret for `hr_clone` overwrites the password of the real user `hr`",
  },
  { id: "V35", where: "Ma", bug: "an ed25519 account raises an uncaught error" },
  {
    id: "V36",
    where: "My Ma",
    bug: "FAILED_LOGIN_ATTEMPTS 2, or max_password_errors 2, locks the application's account in one normal rotation",
  },
  { id: "V37", where: "all", bug: "of two concurrent createSecret one fails" },
  { id: "V38", where: "PG S", bug: "concurrent setSecret: 14 of 40 invocations fail" },
  {
    id: "V39",
    where: "PG M",
    bug: "concurrent first setSecret: 7 of 20 fail, and the password is logged by the server",
  },
  {
    id: "V40",
    where: "all S",
    bug: "AWSPENDING taken away after setSecret: every later rotation fails forever, without a word on the way out",
  },
  {
    id: "V41",
    where: "My Ma M",
    bug: "a master without SELECT on the mysql schema: raw driver error 1142",
  },
  { id: "V42", where: "all", bug: "no version with AWSCURRENT: parameter error in finishSecret" },
];
