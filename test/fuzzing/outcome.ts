import type { Bundle } from "./bundles.ts";
import { takeLinesAbout } from "./output.ts";

/** What came of one invocation, for everybody to judge. */
export interface Outcome {
  /** Undefined if the step succeeded. */
  readonly thrown: unknown;
  readonly reason: string | undefined;
  /** How long it took, and how long it was given. */
  readonly milliseconds: number;
  readonly given: number;
  readonly log: readonly string[];
}

export interface Conditions {
  /** Until Lambda would kill the function. */
  readonly milliseconds: number;
  /** Environment variables, in place of all that the function knows. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Milliseconds after its deadline from which on nobody waits for a step any more. */
const GIVEN_UP = 2000;

/** Invokes a function in this process. Its settings are read before it waits for anything, so that cases can overlap. */
export async function invoke(bundle: Bundle, event: unknown, conditions: Conditions): Promise<Outcome> {
  const given = conditions.milliseconds;
  const started = performance.now();
  const { promise: givenUp, resolve: giveUp } = Promise.withResolvers<void>();
  const timer = setTimeout(giveUp, given + GIVEN_UP);
  let thrown: unknown;
  try {
    const step = withEnvironment(conditions.environment, () =>
      bundle.handler(event, { getRemainingTimeInMillis: () => given - (performance.now() - started) }),
    );
    await Promise.race([step, givenUp]);
  } catch (error) {
    thrown = error ?? "nothing";
  } finally {
    clearTimeout(timer);
  }
  const reason = thrown === undefined ? undefined : String(Object(thrown).reason ?? "no RotationError");
  const log = takeLinesAbout(Object(event).SecretId);
  return { thrown, reason, milliseconds: performance.now() - started, given, log };
}

function withEnvironment<T>(environment: Conditions["environment"], begin: () => Promise<T>): Promise<T> {
  const before = Object.keys(environment).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, environment);
  try {
    return begin();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}
