import fc from "fast-check";
import {
  ENGINE_NAMES as ENGINES,
  type EngineName,
  STRATEGIES,
  type StrategyName,
} from "../../../local/engines.ts";
import { ServiceError } from "../../../local/secrets-manager/errors.ts";
import type { Step } from "../../../local/secrets-manager/events.ts";
import { type Area, type Bench, bundleFor, type Case, canary } from "../area.ts";
import { invoke } from "../outcome.ts";
import { startPostgresServer } from "../postgres-server.ts";
import { secretFor } from "../secrets.ts";
import { type StagedRotation, stageRotation } from "../staged-rotation.ts";

/** A state of Secrets Manager, or of the function's surroundings, in which a step must not go on. */
interface State {
  readonly reason: string;
  readonly steps: readonly Step[];
  /** Stored after createSecret; by default as the strategy would have it. */
  readonly pending?: "none" | "another host" | "another key";
  readonly current?: "none";
  readonly denied?: boolean;
  /** Of the database: it lets everybody in. */
  readonly server?: boolean;
  arrange?(staged: StagedRotation): void;
  /** Between the function's reads and its writes. */
  meanwhile?(staged: StagedRotation): void;
}

const ALL: readonly Step[] = ["createSecret", "setSecret", "testSecret", "finishSecret"];
const call = (staged: StagedRotation, operation: string, input: object = {}) =>
  staged.secretsManager.call(operation, { SecretId: staged.arn, ...input });
const takePending = (staged: StagedRotation) =>
  call(staged, "UpdateSecretVersionStage", { VersionStage: "AWSPENDING", RemoveFromVersionId: staged.token });
const putByHand = (staged: StagedRotation) =>
  call(staged, "PutSecretValue", { ClientRequestToken: crypto.randomUUID(), SecretString: "{}" });

export const CANCELED: State = {
  reason: "rotation-disabled",
  steps: ALL,
  arrange: (staged) => call(staged, "CancelRotateSecret"),
};

/** In turn, so that the numbers are no matter of luck. */
const STATES: readonly State[] = [
  CANCELED,
  { reason: "secret-deleted", steps: ALL, arrange: (staged) => call(staged, "DeleteSecret") },
  { reason: "unknown-token", steps: ALL, arrange: takePending },
  {
    reason: "not-pending",
    steps: ALL,
    arrange: (staged) => {
      call(staged, "UpdateSecretVersionStage", { VersionStage: "MINE", MoveToVersionId: staged.token });
      takePending(staged);
    },
  },
  { reason: "no-value", steps: ["setSecret", "testSecret", "finishSecret"], pending: "none" },
  { reason: "no-current-version", steps: ["createSecret"], current: "none" },
  { reason: "secret-changed", steps: ["setSecret", "finishSecret"], pending: "another host" },
  { reason: "secret-changed", steps: ["setSecret", "finishSecret"], pending: "another key" },
  { reason: "lost-race", steps: ["finishSecret"], meanwhile: putByHand, server: true },
  { reason: "access-denied", steps: ALL, denied: true },
];

const situation = fc.record({
  engine: fc.constantFrom(...ENGINES),
  strategy: fc.constantFrom(...STRATEGIES),
  step: fc.nat(3),
});

/** What may have become of the secret since the service invoked the function. */
export const states: Area = {
  name: "states of the secret",
  share: 0.055,
  atOnce: 32, // They wait for what may become visible, and for nothing else.
  cases: (seed, count) =>
    fc.sample(situation, { seed, numRuns: count }).map(({ engine, strategy, step: which }, index) => {
      const state = STATES[index % STATES.length] as State;
      const step = state.steps[which % state.steps.length] ?? "createSecret";
      return state.server
        ? inState(state, "postgres", "single-user", step)
        : inState(state, engine, strategy, step);
    }),
};

export function inState(state: State, engine: EngineName, strategy: StrategyName, step: Step): Case {
  return {
    title: `${step} of ${engine} ${strategy}: ${state.reason} ${state.pending ?? ""}`,
    run: (bench) => refused(bench, state, engine, strategy, step),
  };
}

async function refused(bench: Bench, state: State, engine: EngineName, strategy: StrategyName, step: Step) {
  const password = canary("current");
  const next = canary("pending");
  using server = await startPostgresServer({});
  const reachable = state.server && { port: server.port, ssl: false };
  const good = secretFor(engine, { password, ...reachable });
  const follows = { ...good, password: next, username: strategy === "master-user" ? "app_clone" : "app" };
  const strayed = {
    "another host": { ...follows, host: "db.example" },
    "another key": { ...follows, dbname: "other" },
  };
  const pending = state.pending === "none" ? undefined : state.pending ? strayed[state.pending] : follows;
  using staged = await stageRotation(bench.endpoint, {
    current: state.current === "none" ? undefined : JSON.stringify(good),
    pending: step === "createSecret" || pending === undefined ? undefined : JSON.stringify(pending),
    ...(state.denied && {
      authorize: ({ caller }) => {
        if (caller !== "local") throw new ServiceError("AccessDeniedException", "Not authorized to do this.");
      },
    }),
    answer: ({ operation }) => {
      if (operation === "UpdateSecretVersionStage") state.meanwhile?.(staged);
      return false;
    },
  });
  state.arrange?.(staged);
  const outcome = await invoke(bundleFor(bench, engine, strategy), staged.event(step), {
    milliseconds: 10_000, // What may be visible only later is asked for again for three seconds.
    environment: { EXCLUDE_CHARACTERS: staged.mark, DATABASE_CA_FILE: bench.caFile },
  });
  const right = outcome.reason === state.reason;
  return {
    outcome,
    canaries: [password, next],
    operations: staged.operations,
    findings: right ? [] : [`ended with ${outcome.reason} instead of ${state.reason}`],
  };
}
