import fc from "fast-check";
import { ENGINE_NAMES as ENGINES, STRATEGIES } from "../../../local/engines.ts";
import { type Area, type Bench, bundleFor, type Case, canary, LONG, SHORT, show } from "../area.ts";
import { invoke } from "../outcome.ts";
import { startPostgresServer } from "../postgres-server.ts";
import { secretFor } from "../secrets.ts";
import { stageRotation } from "../staged-rotation.ts";
import { documents, type Spoil } from "./documents.ts";

const kind = fc.record({
  engine: fc.constantFrom(...ENGINES),
  strategy: fc.constantFrom(...STRATEGIES),
  step: fc.constantFrom("createSecret", "createSecret", "setSecret", "testSecret", "finishSecret"),
});
type Kind = Parameters<Parameters<typeof kind.map>[0]>[0];

/** What somebody may have stored under AWSCURRENT, and what a rotation makes of it. */
export const secrets: Area = {
  name: "secrets",
  share: 0.2,
  cases: (seed, count) =>
    fc
      .sample(fc.tuple(kind, documents), { seed, numRuns: count })
      .map(([chosen, spoil]) => spoilt(chosen, spoil)),
};

export function spoilt(chosen: Kind, spoil: Spoil): Case {
  return {
    title: `${chosen.step} of ${chosen.engine} ${chosen.strategy}, ${spoil.title}`,
    run: (bench) => rotate(bench, chosen, spoil),
  };
}

async function rotate(bench: Bench, { engine, strategy, step }: Kind, spoil: Spoil) {
  const password = canary("current");
  const next = canary("pending");
  // It says nothing sensible to MySQL's client, but hears whatever that one would say.
  using server = await startPostgresServer({});
  const base = secretFor(engine, { password, port: server.port, ssl: false });
  const current = spoil.apply(base);
  const pending = step === "createSecret" ? undefined : spoil.apply({ ...base, password: next });
  using staged = await stageRotation(bench.endpoint, { current, pending });
  const outcome = await invoke(bundleFor(bench, engine, strategy), staged.event(step), {
    milliseconds: engine === "postgres" || step === "createSecret" ? LONG : SHORT,
    environment: { EXCLUDE_CHARACTERS: staged.mark, DATABASE_CA_FILE: bench.caFile },
  });
  const stored = Object(
    staged.operations.includes("PutSecretValue") && !outcome.thrown
      ? staged.secretsManager.call("GetSecretValue", { SecretId: staged.arn, VersionId: staged.token })
      : {},
  ).SecretString;
  return {
    outcome,
    canaries: [password, next],
    operations: staged.operations,
    heard: server.heard,
    findings: stored === undefined ? [] : lost(current, stored),
  };
}

/** What a rotation does not know it carries over, in the spelling that it had. */
function lost(before: string, after: string): string[] {
  const [old, now] = [before, after].map(notRotated);
  return JSON.stringify(old) === JSON.stringify(now) ? [] : [`carried over wrongly: ${show(now)}`];
}

/** As the text spells it: of two numbers that a program takes for one, each stays itself. */
function notRotated(text: string): object {
  const spelled = (_key: string, value: unknown, { source }: { source?: string }) =>
    typeof value === "number" ? `number ${source}` : value;
  // A byte order mark is accepted, as AWS's templates accept it.
  const { username, password, alternateUsername, ...others } = Object(
    JSON.parse(text.replace(/^\uFEFF/, ""), spelled),
  );
  return others;
}
