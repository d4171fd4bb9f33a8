import { readVersion } from "../../../shared/aws/secrets-manager.ts";
import type { Login } from "../../../shared/engine/engine.ts";
import type { SetRotation, Strategy } from "../../../shared/strategies/strategy.ts";
import { destinations, sent } from "../areas/destinations.ts";
import { SCRIPTED, type ScriptedEngine, type Whereabouts } from "../areas/places.ts";
import type { Mutant } from "../mutant.ts";
import { mistaken } from "./mistaken.ts";

const OTHER = { host: "localhost", server: "other" } as const;
const USUAL = {
  strategy: "single-user",
  current: { host: "localhost", server: "own" },
  pending: null,
  previous: { place: OTHER, username: "app" },
  master: { place: OTHER, names: "host and port" },
  databaseHost: undefined,
  servers: "let everybody in",
  step: "setSecret",
  asksForTls: [],
} as const satisfies Omit<Whereabouts, "engine">;

/** Goes with this password where AWSPREVIOUS says that the server was. */
const there = (password: (job: SetRotation, previous: Login) => string) => (right: Strategy) => ({
  setSecret: async (job: SetRotation) => {
    const previous = await job.readPrevious();
    if (previous) await logIn(job, { ...previous.login, password: password(job, previous.login) });
    return right.setSecret(job);
  },
});

/** As this function did: with the TLS settings of AWSCURRENT, which a secret writer may have changed. */
const withoutItsTls = (right: Strategy) => ({
  setSecret: async (job: SetRotation) => {
    const previous = await job.readPrevious();
    if (previous) await logIn(job, { ...job.current.login, password: previous.login.password });
    return right.setSecret(job);
  },
});

/** As AWS's templates do: to the host of the user's secret, whoever wrote that. */
const asMaster = (right: Strategy) => ({
  setSecret: async (job: SetRotation) => {
    const { current, invocation } = job;
    const label = { VersionStage: "AWSCURRENT" };
    const master = await readVersion(current.masterArn ?? "", label, invocation.deadline);
    const { username, password } = JSON.parse(master?.text ?? "");
    await logIn(job, { ...current.login, username, password });
    return right.setSecret(job);
  },
});

async function logIn({ engine, invocation }: SetRotation, login: Login): Promise<void> {
  await using _session = await engine.connect(login, invocation);
}

function mutantsOn(engine: ScriptedEngine): Mutant[] {
  const usual = { area: destinations.name, case: sent({ ...USUAL, engine }) };
  const byUser = (strategy: (right: Strategy) => Partial<Strategy>) =>
    mistaken(engine, "single-user", { strategy });
  return [
    {
      ...usual,
      mistake: `tries the previous password where it was used, on ${engine}`,
      bundle: byUser(there((_, { password }) => password)),
      findings: [/^the previous password went to the other server$/],
    },
    {
      ...usual,
      mistake: `tries the current password on the previous server, on ${engine}`,
      bundle: byUser(there(({ current }) => current.login.password)),
      findings: [/^the current password went to the other server$/],
    },
    {
      ...usual,
      mistake: `tries the pending password on the previous server, on ${engine}`,
      bundle: byUser(there(({ pending }) => pending.login.password)),
      findings: [/^the pending password went to the other server$/],
    },
    {
      ...usual,
      mistake: `goes to the previous server with a password of its own, on ${engine}`,
      bundle: byUser(there(() => "nobody's password")),
      findings: [/^somebody came to the server that the secret does not name$/],
    },
    {
      ...usual,
      mistake: `tries the previous password without the TLS that its version asks for, on ${engine}`,
      bundle: byUser(withoutItsTls),
      case: sent({ ...USUAL, engine, previous: { place: null, username: "app" }, asksForTls: ["previous"] }),
      findings: [/^the previous password went to the own server$/],
    },
    {
      ...usual,
      mistake: `takes the master's password to the user's server, on ${engine}`,
      bundle: mistaken(engine, "master-user", { strategy: asMaster }),
      case: sent({ ...USUAL, engine, strategy: "master-user" }),
      findings: [/^the master password went to the own server$/],
    },
  ];
}

export const MUTANTS: readonly Mutant[] = SCRIPTED.flatMap(mutantsOn);
