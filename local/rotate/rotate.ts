import type { Logins } from "../logins.ts";
import { FUNCTION_ACCESS_KEY } from "../stack.ts";
import { createRecorder, type StepRecord } from "./recorder.ts";
import type { Setup } from "./setup.ts";

type Labels = Record<string, string[]>;

export type Verdict = "accepted" | "rejected";

export interface Proof {
  readonly newPassword: Verdict;
  readonly oldPassword: Verdict;
  /** Whether this is what the strategy promises. */
  readonly asPromised: boolean;
}

/** Result of the rotations. */
export interface Result {
  readonly rotations: number;
  readonly steps: readonly StepRecord[];
  /** The function's logins, as the server counted them; undefined if the product counts none. */
  readonly logins: Logins | undefined;
  readonly labels: { readonly before: Labels; readonly after: Labels };
  readonly proof: Proof;
  /** The function's error, if the last rotation failed. */
  readonly error: string | undefined;
}

export interface Watcher {
  rotationStarts(rotation: number): void;
  stepEnds(step: StepRecord): void;
  rotationEnds(labels: { before: Labels; after: Labels }, proof: Proof): void;
}

/**
 * Rotates one time after the other, with a proof after each, and stops at the first that is not as promised.
 *
 * @param ready is awaited before each rotation.
 */
export async function rotate(
  setup: Setup,
  rotations: number,
  watcher: Watcher,
  ready: () => Promise<void> = async () => {},
): Promise<Result> {
  const { stack, secretArn } = setup;
  const recorder = createRecorder(FUNCTION_ACCESS_KEY, watcher.stepEnds);
  stack.secretsManager.observe(recorder.observer);
  let logins: Logins | undefined = { accepted: 0, rejected: 0 };
  const first = await stack.labels(secretArn);

  for (let rotation = 1; ; rotation++) {
    await ready();
    watcher.rotationStarts(rotation);
    recorder.rotation = rotation;
    const before = await stack.labels(secretArn);
    const old = await stack.value(secretArn);
    const loginsBefore = await allLogins(setup);
    const { succeeded, error } = await stack.rotate(secretArn);
    const loginsAfter = await allLogins(setup);
    logins = logins && loginsBefore && loginsAfter && sum([logins, loginsAfter], [loginsBefore]);

    const after = await stack.labels(secretArn);
    const proof = await prove(setup, old, succeeded);
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

/** @returns undefined if the server does not count the logins of each of them. */
async function allLogins({ database, logins }: Setup): Promise<Logins | undefined> {
  const counts = await Promise.all(logins.map((user) => database.logins(user)));
  const known = counts.filter((count) => count !== undefined);
  return known.length === counts.length ? sum(known) : undefined;
}

function sum(added: readonly Logins[], subtracted: readonly Logins[] = []): Logins {
  const of = (key: keyof Logins) => (total: number, logins: Logins) => total + logins[key];
  const total = (key: keyof Logins) => added.reduce(of(key), 0) - subtracted.reduce(of(key), 0);
  return { accepted: total("accepted"), rejected: total("rejected") };
}

/** Whether the password before still logs in is up to the strategy: the setup knows what it promises. */
async function prove(setup: Setup, old: Record<string, unknown>, succeeded: boolean): Promise<Proof> {
  const { stack, database, secretArn } = setup;
  const verdict = async ({ username, password }: Record<string, unknown>) =>
    (await database.accepts(String(username), String(password))) ? "accepted" : "rejected";
  const newPassword = await verdict(await stack.value(secretArn));
  const oldPassword = await verdict(old);
  const asPromised = succeeded && newPassword === "accepted" && oldPassword === setup.expectedOldPassword;
  return { newPassword, oldPassword, asPromised };
}
