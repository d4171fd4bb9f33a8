import fc from "fast-check";
import { ENGINE_NAMES as ENGINES } from "../../../local/engines.ts";
import { STEPS, type Step } from "../../../local/secrets-manager/events.ts";
import type { ContractServer } from "../../contract/contract-server.ts";
import { type Area, type Bench, bundleFor, type Case, canary, show } from "../area.ts";
import { invoke, type Outcome } from "../outcome.ts";
import { stageRotation } from "../staged-rotation.ts";

/** What is special to SQL, to logs, to formats, to shells and to drivers. */
const PIECES = [
  "'",
  '"',
  "`",
  "\\",
  "%s",
  "%",
  "_",
  ";",
  "--",
  "/*",
  "$$",
  "$1",
  "?",
  ":x",
  "@",
  "@'%'",
  " ",
  "ü",
  "é",
  "#",
  "\\'",
  "''",
  '""',
];
const piece = fc.oneof(fc.constantFrom(...PIECES), fc.constantFrom(..."aZ09.-+{}[]()<>|&!~^=,"));
// MySQL cuts spaces off at the ends.
const name = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join("").trimStart());
const password = fc.string({ minLength: 8, maxLength: 40 }).filter((text) => /^[!-~].*[!-~]$/.test(text));

/** In turn, so that the numbers are no matter of luck. Those that no other area leads to come more often. */
const KINDS = [
  "another limit",
  "no ownership marker",
  "single-user",
  "another limit",
  "no ownership marker",
  "master-user",
  "another limit",
  "no ownership marker",
  "almost the master",
] as const;

const situation = fc.record({
  engine: fc.constantFrom(...ENGINES),
  name,
  password,
  plaintext: fc.boolean(),
});
type Situation = Parameters<Parameters<typeof situation.map>[0]>[0] & { kind: (typeof KINDS)[number] };

const ALL: readonly Step[] = STEPS;
/** How far a rotation goes, and what it ends with. */
const ENDS: Record<(typeof KINDS)[number], { steps: readonly Step[]; reason?: string }> = {
  "single-user": { steps: ALL },
  "master-user": { steps: ALL },
  "no ownership marker": { steps: ["createSecret", "setSecret"], reason: "user-not-owned" },
  "another limit": { steps: ["createSecret", "testSecret"], reason: "privilege-mismatch" },
  "almost the master": { steps: ["createSecret", "setSecret"] },
};

let users = 0;

/** Whole steps on real servers, for names and passwords that are full of SQL: nobody else than the user may change. */
export const injection: Area = {
  name: "names on real servers",
  share: 0.015,
  atOnce: 1,
  cases: (seed, count) =>
    fc
      .sample(situation, { seed, numRuns: count })
      .map((chosen, index) => named({ ...chosen, kind: KINDS[index % KINDS.length] ?? KINDS[0] })),
};

export function named(chosen: Situation): Case {
  return {
    title: `${chosen.engine}, ${chosen.kind}: ${show(chosen)}`,
    run: async (bench) => {
      const server = await bench.server.contract(chosen.engine);
      return server && rotate(bench, server, chosen);
    },
  };
}

async function rotate(bench: Bench, server: ContractServer, { engine, kind, ...chosen }: Situation) {
  users++;
  const username = `${chosen.name}${users}`;
  const alternate = kind === "almost the master" ? `master${users} ` : `${username}_clone`;
  const master = { username: `master${users}`, password: canary("master") };
  const { database } = server;
  await database.createUser(username, chosen.password);
  await database.createMaster(master.username, master.password, username);
  if (kind === "no ownership marker") await database.createUser(alternate, canary("alternate"));
  const value = { ...database.address, username, password: chosen.password };
  const masterarn = canary("secret-of-master");
  using staged = await stageRotation(bench.endpoint, {
    current: JSON.stringify({
      ...value,
      masterarn,
      ...(kind === "almost the master" && { alternateUsername: alternate }),
    }),
    others: { [masterarn]: JSON.stringify({ ...database.address, ...master }) },
  });
  const read = (input: object) =>
    String(
      Object(staged.secretsManager.call("GetSecretValue", { SecretId: staged.arn, ...input })).SecretString,
    );

  const findings: string[] = [];
  const { steps, reason } = ENDS[kind];
  const bundle = bundleFor(bench, engine, kind === "single-user" ? "single-user" : "master-user");
  const environment = {
    EXCLUDE_CHARACTERS: staged.mark,
    DATABASE_CA_FILE: database.caFile,
    PASSWORD_IN_SQL: chosen.plaintext ? "plaintext" : "verifier",
  };
  let before = await server.snapshot();
  let outcome: Outcome | undefined;
  for (const step of steps) {
    if (outcome?.thrown) break;
    if (kind === "another limit" && step === "testSecret") {
      const pending = JSON.parse(read({ VersionId: staged.token })).password;
      await database.createUser(alternate, pending);
      const deviation = server.deviations.find(({ makes }) => makes === "otherwise different");
      await deviation?.apply(server, { current: username, alternate, clone: "alternate" });
      before = await server.snapshot();
    }
    outcome = await invoke(bundle, staged.event(step), { milliseconds: 10_000, environment });
  }
  if (outcome === undefined) throw new Error("There are steps.");
  const mayChange =
    kind === "single-user"
      ? [username]
      : kind === "master-user" || kind === "almost the master"
        ? [username, alternate]
        : [];
  findings.push(...othersChanged(before, await server.snapshot(), mayChange));
  if (kind !== "almost the master" && outcome.reason !== reason)
    findings.push(`ended with ${outcome.reason}`);
  if (!(await database.accepts(master.username, master.password))) findings.push("the master is locked out");
  if (reason === undefined && outcome.reason === undefined) {
    const current = JSON.parse(read({}));
    if (!(await database.accepts(current.username, current.password)))
      findings.push("AWSCURRENT does not log in");
  }
  return { outcome, canaries: [chosen.password, master.password], operations: [], findings };
}

/** Rows of the server's catalog that are no longer as they were, and not about those who may change. */
function othersChanged(before: string, after: string, mayChange: readonly string[]): string[] {
  const [old, now] = [rowsOf(before), rowsOf(after)];
  const changed = [...old.difference(now), ...now.difference(old)];
  // Without the quote before it: MariaDB's mark is a role whose name ends in the user's.
  const names = mayChange.map((name) => JSON.stringify(name).slice(1));
  return changed
    .filter((row) => !names.some((name) => row.includes(name)))
    .map((row) => `changed: ${row.slice(0, 200)}`);
}

/** The roles of PostgreSQL, or the rows of all tables that MySQL keeps accounts in. */
function rowsOf(snapshot: string): Set<string> {
  const parsed = JSON.parse(snapshot);
  const rows: unknown[] = Array.isArray(parsed) ? parsed.flat() : parsed.roles;
  return new Set(rows.map((row) => (typeof row === "string" ? row : JSON.stringify(row))));
}
