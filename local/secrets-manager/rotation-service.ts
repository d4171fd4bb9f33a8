import { randomUUID } from "node:crypto";
import { type Invoke, type Observer, STEPS } from "./events.ts";
import { AWSCURRENT, AWSPENDING, labelsOf, removeLabel } from "./labels.ts";
import type { Secret } from "./secret.ts";
import { type Rotation, stepRunner } from "./steps.ts";

/** The part of Secrets Manager that invokes rotation functions, step by step. At most one rotation per secret runs. */
export interface RotationService {
  canInvoke(lambdaArn: string): boolean;
  /** Starts a rotation after RotateSecret has staged its placeholder. Returns at once. */
  rotate(secret: Secret, token: string): void;
  /** Starts testSecret alone on a staged copy of the current value, and removes the copy afterward. */
  test(secret: Secret, token: string): void;
  /** Retries a failed rotation with its own token, unless a rotation is running or rotation is turned off. */
  reattempt(secret: Secret, token: string): void;
  /** Whether the rotation of an earlier RotateSecret with this token is running or has succeeded. */
  isRepeated(secret: Secret, token: string): boolean;
  isRotationToken(secret: Secret, rotationToken: string): boolean;
  /** Abandons a running rotation of another version than this one, which has become AWSCURRENT. */
  abandonOthers(secret: Secret, versionId: string): void;
  cancel(secret: Secret): void;
  /** Resolves when no rotation of the secret is running. */
  settled(secretArn: string): Promise<void>;
}

export interface RotationServiceOptions {
  functions: (lambdaArn: string) => Invoke | undefined;
  emit: Observer;
  now: () => Date;
  /** Attempts at the whole rotation, including the first. AWS publishes neither their number nor the pauses. */
  attempts: number;
  retryDelayMilliseconds: number;
  wait: (milliseconds: number) => Promise<unknown>;
  /** Leaves AWSPENDING on the promoted version, as AWS does at times (aws-samples issue 168). */
  keepPendingAfterSuccess: boolean;
}

export function createRotationService(options: RotationServiceOptions): RotationService {
  const running = new Map<Secret, Rotation>();
  /** The tokens of rotations that promoted their version. */
  const succeeded = new WeakMap<Secret, string>();
  const { emit } = options;
  const run = stepRunner(options);

  function start(secret: Secret, token: string, drive: (rotation: Rotation) => Promise<void>): void {
    const former = running.get(secret);
    if (former !== undefined) former.stopped ??= "superseded";
    const rotation: Rotation = { secret, token, rotationToken: randomUUID(), done: Promise.resolve() };
    running.set(secret, rotation);
    rotation.done = (async () => {
      // The caller of RotateSecret gets its response before the function is called.
      await (former?.done ?? new Promise(setImmediate));
      await drive(rotation);
      if (running.get(secret) === rotation) running.delete(secret);
    })();
  }

  async function rotate(rotation: Rotation): Promise<void> {
    const which = { secretArn: rotation.secret.arn, token: rotation.token };
    emit({ type: "rotationStarted", ...which });
    for (let attempt = 1; ; attempt += 1) {
      const error = (await run(rotation, STEPS, attempt)) ?? whyUnfinished(rotation);
      if (rotation.stopped === "abandoned") return emit({ type: "rotationAbandoned", ...which });
      if (error === undefined) {
        finish(rotation);
        return emit({ type: "rotationSucceeded", ...which });
      }
      const retrying = attempt < options.attempts && rotation.stopped === undefined;
      emit({ type: "rotationFailed", ...which, attempt, error, retrying });
      if (!retrying) return;
      await options.wait(options.retryDelayMilliseconds);
    }
  }

  async function test(rotation: Rotation): Promise<void> {
    const which = { secretArn: rotation.secret.arn, token: rotation.token };
    emit({ type: "testRotationStarted", ...which });
    const error = (await run(rotation, ["testSecret"], 1)) ?? whyStopped(rotation);
    removeCopy(rotation);
    if (error === undefined) emit({ type: "testRotationSucceeded", ...which });
    else emit({ type: "testRotationFailed", ...which, error });
  }

  function finish({ secret, token }: Rotation): void {
    succeeded.set(secret, token);
    secret.lastRotated = options.now();
    if (secret.rotation !== undefined) secret.rotation.countedFrom = secret.lastRotated;
    if (!options.keepPendingAfterSuccess && secret.labels.get(AWSPENDING) === token) {
      secret.labels = removeLabel(secret.labels, AWSPENDING);
    }
  }

  return {
    canInvoke: (lambdaArn) => options.functions(lambdaArn) !== undefined,
    rotate: (secret, token) => start(secret, token, rotate),
    test: (secret, token) => start(secret, token, test),
    reattempt(secret, token) {
      if (!running.has(secret) && secret.rotation?.enabled) start(secret, token, rotate);
    },
    isRepeated: (secret, token) => running.get(secret)?.token === token || succeeded.get(secret) === token,
    isRotationToken: (secret, rotationToken) => running.get(secret)?.rotationToken === rotationToken,
    abandonOthers(secret, versionId) {
      const rotation = running.get(secret);
      if (rotation !== undefined && rotation.token !== versionId) rotation.stopped ??= "abandoned";
    },
    cancel(secret) {
      const rotation = running.get(secret);
      if (rotation !== undefined) rotation.stopped ??= "canceled";
    },
    async settled(secretArn) {
      const ofSecret = () => [...running.values()].find(({ secret }) => secret.arn === secretArn);
      for (let rotation = ofSecret(); rotation !== undefined; rotation = ofSecret()) await rotation.done;
    },
  };
}

function whyStopped({ stopped }: Rotation): string | undefined {
  return stopped === undefined ? undefined : `The rotation was ${stopped}.`;
}

/** The error of a rotation whose steps all returned without promoting the version. */
function whyUnfinished(rotation: Rotation): string | undefined {
  const { secret, token } = rotation;
  if (secret.labels.get(AWSCURRENT) === token) return undefined;
  return (
    whyStopped(rotation) ??
    `The function returned from all steps, but ${AWSCURRENT} is not on version ${token}.`
  );
}

function removeCopy({ secret, token }: Rotation): void {
  if (secret.labels.get(AWSPENDING) === token) secret.labels = removeLabel(secret.labels, AWSPENDING);
  if (labelsOf(secret.labels, token).length === 0) secret.versions.delete(token);
}
