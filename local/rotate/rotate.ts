import type { Logins } from "../logins.ts";
import { FUNCTION_ACCESS_KEY } from "../stack.ts";
import { createRecorder, type StepRecord } from "./recorder.ts";
import type { Scene } from "./scene.ts";

type Labels = Record<string, string[]>;

export type Verdict = "accepted" | "rejected";

export interface Proof {
  readonly newPassword: Verdict;
  readonly oldPassword: Verdict;
  /** Whether this is what the strategy promises. */
  readonly asPromised: boolean;
}

/** What the rotations came to. */
export interface Result {
  readonly rotations: number;
  readonly steps: readonly StepRecord[];
  /** The function's logins, as the server counted them. */
  readonly logins: Logins;
  readonly labels: { readonly before: Labels; readonly after: Labels };
  readonly proof: Proof;
  /** What the function threw, if the last rotation failed. */
  readonly error: string | undefined;
}

export interface Watcher {
  rotationStarts(rotation: number): void;
  stepEnds(step: StepRecord): void;
  rotationEnds(labels: { before: Labels; after: Labels }, proof: Proof): void;
}

/** Rotates one time after the other, with a proof after each, and stops at the first that is not as promised. */
export async function rotate(scene: Scene, rotations: number, watcher: Watcher): Promise<Result> {
  const { stack, secretArn } = scene;
  const recorder = createRecorder(FUNCTION_ACCESS_KEY, watcher.stepEnds);
  stack.secretsManager.observe(recorder.observer);
  const logins = { accepted: 0, rejected: 0 };
  const first = await stack.labels(secretArn);

  for (let rotation = 1; ; rotation++) {
    watcher.rotationStarts(rotation);
    recorder.rotation = rotation;
    const before = await stack.labels(secretArn);
    const old = await stack.value(secretArn);
    const loginsBefore = await allLogins(scene);
    const { succeeded, error } = await stack.rotate(secretArn);
    const loginsAfter = await allLogins(scene);
    logins.accepted += loginsAfter.accepted - loginsBefore.accepted;
    logins.rejected += loginsAfter.rejected - loginsBefore.rejected;

    const after = await stack.labels(secretArn);
    const proof = await prove(scene, old, succeeded);
    watcher.rotationEnds({ before, after }, proof);
    if (rotation === rotations || !proof.asPromised) {
      return {
        rotations: rotation,
        steps: recorder.steps,
        logins,
        labels: { before: first, after },
        proof,
        error,
      };
    }
  }
}

async function allLogins({ database, logins }: Scene): Promise<Logins> {
  const counts = await Promise.all(logins.map((user) => database.logins(user)));
  return {
    accepted: counts.reduce((sum, { accepted }) => sum + accepted, 0),
    rejected: counts.reduce((sum, { rejected }) => sum + rejected, 0),
  };
}

/** Whether the password before still logs in is up to the strategy: the scene knows what it promises. */
async function prove(scene: Scene, old: Record<string, unknown>, succeeded: boolean): Promise<Proof> {
  const { stack, database, secretArn } = scene;
  const verdict = async ({ username, password }: Record<string, unknown>) =>
    (await database.accepts(String(username), String(password))) ? "accepted" : "rejected";
  const newPassword = await verdict(await stack.value(secretArn));
  const oldPassword = await verdict(old);
  const asPromised = succeeded && newPassword === "accepted" && oldPassword === scene.promisedOfOldPassword;
  return { newPassword, oldPassword, asPromised };
}
