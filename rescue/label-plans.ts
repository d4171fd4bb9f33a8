import { isDeepStrictEqual } from "node:util";
import { RotationError } from "../shared/report/errors.ts";
import { AWSCURRENT, AWSPENDING } from "../shared/staging-labels.ts";
import { awsCommand, rescueCommand } from "./commands.ts";
import type { Context } from "./context.ts";
import { tryLogin } from "./database.ts";
import type { Plan, PlannedStep } from "./plan.ts";
import { assertUnchanged, type ReadVersion, type SecretState, type UsableVersion } from "./secret-state.ts";
import { changedMeanwhile } from "./secrets-manager.ts";
import { storeLogin } from "./unusable.ts";

/** @param reliesOn AWSCURRENT, which must log in right before and after the change; undefined to skip these logins */
export function planPendingRemoval(
  context: Context,
  state: SecretState,
  pending: ReadVersion,
  findings: readonly string[],
  reliesOn: UsableVersion | undefined,
): Plan {
  return planOf(context, state, findings, [removePending(context, pending)], reliesOn);
}

/** Plans to move AWSCURRENT to the version that logs in, and to remove AWSPENDING from any other version. */
export function makeCurrent(
  context: Context,
  state: SecretState,
  current: UsableVersion,
  working: UsableVersion,
): Plan {
  const { pending } = state;
  const name = working.labels.join(" and ") || "a version without labels";
  const findings = [`${working.secret.login.username} logs in with ${name}, version ${working.id}.`];
  const different = differentKeys(current, working).join(", ");
  if (different !== "") {
    findings.push(`Besides the password, these keys differ from AWSCURRENT: ${different}.`);
  }
  const move: PlannedStep = {
    description:
      `UpdateSecretVersionStage: move AWSCURRENT from version ${current.id} to version ${working.id}; Secrets ` +
      "Manager moves AWSPREVIOUS to the former",
    run: async () => {
      await context.secretsManager.move({ label: AWSCURRENT, from: current.id, to: working.id });
      return `AWSCURRENT is on version ${working.id} now.`;
    },
  };
  const rest = pending && pending.id !== working.id ? [removePending(context, pending)] : [];
  return planOf(context, state, findings, [move, ...rest], working);
}

/** Names of the members, besides the password, in which two versions differ. Values are never printed. */
export function differentKeys(one: UsableVersion, other: UsableVersion): string[] {
  const [a = {}, b = {}] = [one, other].map(
    ({ secret }): Record<string, unknown> => ({ ...JSON.parse(secret.text), password: undefined }),
  );
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].filter((key) => !isDeepStrictEqual(a[key], b[key]));
}

function removePending({ secretsManager }: Context, { id }: ReadVersion): PlannedStep {
  return {
    description: `UpdateSecretVersionStage: take AWSPENDING off version ${id}`,
    run: async () => {
      await secretsManager.move({ label: AWSPENDING, from: id });
      return `AWSPENDING is on no version now; version ${id} stays readable by its id.`;
    },
  };
}

function planOf(
  { secretsManager, databases }: Context,
  state: SecretState,
  findings: readonly string[],
  steps: readonly PlannedStep[],
  reliesOn: UsableVersion | undefined,
): Plan {
  const logsIn = async () =>
    reliesOn === undefined ||
    (await tryLogin(databases, reliesOn.engine, reliesOn.secret.login)) === "logs in";
  const check: PlannedStep = {
    description: "Log in with AWSCURRENT, to verify it",
    run: async () => {
      if (await logsIn()) return "AWSCURRENT logs in.";
      throw new RotationError(
        "login-rejected",
        "AWSCURRENT does not log in any more: a rotation ran at the same time.",
        `Run this command, which finds the version that logs in: ${rescueCommand("unstick", state.arn, "--try-unlabeled")}`,
      );
    },
  };
  return {
    findings: [...findings, ...(state.pending ? [pendingFinding(state)] : [])],
    steps: reliesOn ? [...steps, check] : steps,
    assertStillValid: async () => {
      await assertUnchanged(secretsManager, state);
      if (!(await logsIn())) {
        throw changedMeanwhile(`the password of version ${reliesOn?.id} is not accepted any more`);
      }
    },
    next: state.current?.usable ? [howToRotate(state)] : storeLogin(state),
    healthy: true,
  };
}

function howToRotate({ arn, rotationEnabled }: SecretState): string {
  const rotate = awsCommand("rotate-secret", arn);
  return rotationEnabled
    ? `Rotate: ${rotate}`
    : `Rotation is off. This command turns it on with the former configuration, and rotates: ${rotate}`;
}

/** Warns that a rotation may be in progress. Secrets Manager does not tell. */
export function pendingFinding({ rotationEnabled, pending }: SecretState): string {
  if (!rotationEnabled) {
    return "Rotation is off, so no rotation is in progress.";
  }
  const since = pending?.created ? `, stored ${pending.created.toISOString()}` : "";
  return (
    `A rotation may be in progress (version ${pending?.id}${since}). Wait until the function logs no more steps, or first ` +
    "turn rotation off with CancelRotateSecret."
  );
}
