import fc from "fast-check";
import { ENGINE_NAMES as ENGINES, STRATEGIES } from "../../../local/engines.ts";
import { type Area, type Bench, bundleFor, canary, LONG } from "../area.ts";
import { invoke } from "../outcome.ts";
import { secretFor } from "../secrets.ts";
import type { Call } from "../secrets-manager-endpoint.ts";
import { stageRotation } from "../staged-rotation.ts";
import { ANSWERS, type Answer } from "./wrong-answers.ts";

/** Which call of which step is answered wrongly. */
const CALLS = [
  ["createSecret", "DescribeSecret"],
  ["createSecret", "GetSecretValue"],
  ["createSecret", "GetRandomPassword"],
  ["createSecret", "PutSecretValue"],
  ["setSecret", "DescribeSecret"],
  ["setSecret", "GetSecretValue"],
  ["testSecret", "GetSecretValue"],
  ["finishSecret", "DescribeSecret"],
  ["finishSecret", "UpdateSecretVersionStage"],
] as const;

const situation = fc.record({
  engine: fc.constantFrom(...ENGINES),
  strategy: fc.constantFrom(...STRATEGIES),
  call: fc.constantFrom(...CALLS),
  // Throttling comes twice: nothing else leads to its reason, which is to be met often.
  answer: fc.constantFrom(...ANSWERS, ...ANSWERS.filter(({ title }) => title.includes("Throttling"))),
});

const WRITES = ["PutSecretValue", "UpdateSecretVersionStage"];

/** What may answer in Secrets Manager's place: a proxy, a captive portal, or somebody who means harm. */
export const answers: Area = {
  name: "answers of Secrets Manager",
  share: 0.1,
  cases: (seed, count) =>
    fc
      .sample(situation, { seed, numRuns: count })
      .map(({ engine, strategy, call: [step, operation], answer }) => ({
        title: `${step} of ${engine} ${strategy}, ${operation} is answered with ${answer.title}`,
        run: (bench) => wronglyAnswered(bench, engine, strategy, step, operation, answer),
      })),
};

async function wronglyAnswered(
  bench: Bench,
  engine: (typeof ENGINES)[number],
  strategy: (typeof STRATEGIES)[number],
  step: (typeof CALLS)[number][0],
  operation: string,
  { speak, milliseconds = LONG }: Answer,
) {
  const password = canary("current");
  const next = canary("pending");
  const username = strategy === "master-user" ? "app_clone" : "app";
  const current = JSON.stringify(secretFor(engine, { password }));
  const pending = JSON.stringify(secretFor(engine, { password: next, username }));
  const made: string[] = [];
  using staged = await stageRotation(bench.endpoint, {
    current,
    pending: step === "createSecret" ? undefined : pending,
    answer: (call: Call) => {
      if (call.operation !== operation) return false;
      // Whatever the function has said or read before may come back.
      const said = [call.request.headers["x-amz-security-token"], JSON.stringify(call.input)];
      const read = !WRITES.includes(operation)
        ? []
        : step === "createSecret"
          ? [current]
          : [current, pending];
      if (operation === "PutSecretValue") made.push(JSON.parse(String(call.input.SecretString)).password);
      speak(call, { arn: staged.arn, token: staged.token, heard: [...said, ...read].join(" ") });
      return true;
    },
  });
  const event = staged.event(step);
  const outcome = await invoke(bundleFor(bench, engine, strategy), event, {
    milliseconds,
    environment: { EXCLUDE_CHARACTERS: staged.mark, DATABASE_CA_FILE: bench.caFile },
  });
  const session = [process.env.AWS_SESSION_TOKEN ?? "", process.env.AWS_SECRET_ACCESS_KEY ?? ""];
  return {
    outcome,
    canaries: [password, ...(step === "createSecret" ? made : [next]), event.RotationToken, ...session],
    operations: [], // What came before the wrong answer may well have been a write.
  };
}
