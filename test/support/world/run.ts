import { randomUUID } from "node:crypto";
import { CancelRotateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { expect } from "vitest";
import { STEPS, type Step } from "../../../local/secrets-manager/events.ts";
import { lastFailure } from "../failures.ts";
import type { Fixture } from "../fixture.ts";
import { moveCurrent, putValue, reattempt, removePending, tryOut } from "../operator.ts";
import { followCommands } from "../remedies.ts";
import { untilGone } from "../sessions.ts";
import type { StepwiseStack } from "../stepwise-stack.ts";
import { newUser, storedPassword } from "../users.ts";
import { arrange, type Means } from "./accidents.ts";
import type { Invocation, Observation } from "./observation.ts";
import type { Accident, Operation } from "./operations.ts";
import { createSnapshotTaker, type Snapshot, unfinished } from "./snapshot.ts";

/** The environment in which runs happen, one after the other. */
export interface World extends Fixture {
  readonly stepwise: StepwiseStack;
  readonly means: Means;
  /** Port of the database for the function, through a proxy that sees each connection. */
  readonly port: number;
  connections(): number;
}

/** Operations on one user and its secret. */
export interface Run {
  /** Returns one observation, two if a step was repeated, or none if there was nothing to do. */
  perform(operation: Operation): Promise<Observation[]>;
  /** Follows the error messages until a rotation succeeds. */
  recover(): Promise<void>;
}

/** Most remedies in a row. A remedy may lead to another error message, but not endlessly. */
const MOST_REMEDIES = 8;

const OTHER_HOST = { host: "127.0.0.1", sslServerName: "localhost" };

export async function startRun(world: World): Promise<Run> {
  const { stack, database, stepwise } = world;
  const user = await newUser(world, { secret: { port: world.port, note: { kept: true } } });
  const { arn } = user;
  const look = createSnapshotTaker({
    secretsManager: stack.secretsManager,
    arn,
    accepts: database.accepts,
    fingerprint: (username) => storedPassword(database.server, username),
  });
  const tokens: string[] = [];
  /** The token for which `advance` invokes steps, and the number of steps that have succeeded. */
  let progress = { token: "", steps: 0 };

  async function observed(
    act: (before: Snapshot) => Promise<Pick<Observation, "invocation" | "rotation">>,
  ): Promise<Observation> {
    const { requests } = world.means.apiProxy;
    const [firstRequest, firstLine, firstConnection] = [
      requests.length,
      stack.log.length,
      world.connections(),
    ];
    const before = await look();
    const done = await act(before);
    await stack.secretsManager.settled(arn);
    await untilGone(database.server, user.username);
    return {
      ...done,
      before,
      after: await look(),
      requests: requests.slice(firstRequest),
      connections: world.connections() - firstConnection,
      log: stack.log.slice(firstLine).join("\n"),
    };
  }

  function invoke(step: Step, token: string, times: number, accident?: Accident): Promise<Observation> {
    return observed(async (before) => {
      using arranged = arrange(accident, world.means, () => putInTheMiddle(before));
      const outcomes = await Promise.allSettled(
        Array.from({ length: times }, () => stepwise.invoke(step, arn, token)),
      );
      const succeeded = outcomes.map(({ status }) => status === "fulfilled");
      const invocation: Invocation = {
        step,
        token,
        succeeded,
        accident: arranged.happened ? accident?.at : undefined,
      };
      return { invocation };
    });
  }

  function putInTheMiddle(before: Snapshot): void {
    stack.secretsManager.call("PutSecretValue", {
      SecretId: arn,
      ClientRequestToken: randomUUID(),
      SecretString: JSON.stringify(valueByHand(before, false)),
    });
  }

  /** The current value, as a person edits it who knows the working password. */
  function valueByHand(
    { values, current = "", working: [works = ""] }: Snapshot,
    otherHost: boolean,
  ): object {
    const { password } = JSON.parse(values.get(works) ?? "{}");
    return { ...JSON.parse(values.get(current) ?? "{}"), password, ...(otherHost && OTHER_HOST) };
  }

  async function advance(accident: Accident | undefined): Promise<Observation[]> {
    const token = unfinished(await look());
    if (token === undefined) return [await stage()];
    if (progress.token !== token) progress = { token, steps: 0 };
    const step = STEPS[progress.steps] ?? "createSecret";
    const first = await invoke(step, token, 1, accident);
    if (first.invocation?.succeeded[0] !== true) return [first];
    progress.steps++;
    return first.invocation.accident ? [first] : [first, await invoke(step, token, 1)];
  }

  function stage(): Promise<Observation> {
    return observed(async () => {
      const token = await stepwise.stage(arn);
      tokens.unshift(token);
      progress = { token, steps: 0 };
      return {};
    });
  }

  /** Runs a rotation by the service. Returns its token and outcome, as the service reports them to its observers. */
  async function byService(act: () => Promise<unknown>, testOnly: boolean): Promise<Observation["rotation"]> {
    let rotation: Observation["rotation"];
    const stop = stack.secretsManager.observe((event) => {
      if (!("token" in event) || event.secretArn !== arn) return;
      const succeeded = event.type === "rotationSucceeded" || event.type === "testRotationSucceeded";
      rotation = { token: event.token, succeeded, testOnly };
    });
    await act().finally(stop);
    if (rotation && !testOnly && !tokens.includes(rotation.token)) tokens.unshift(rotation.token);
    return rotation;
  }

  async function perform(operation: Operation): Promise<Observation[]> {
    const now = await look();
    switch (operation.kind) {
      case "advance":
        return advance(operation.accident);
      case "step": {
        const token = tokens[operation.age] ?? randomUUID();
        return [await invoke(operation.step, token, operation.times, operation.accident)];
      }
      case "rotate": {
        if (unfinished(now) && !now.enabled) return [];
        const act = () => (unfinished(now) ? reattempt(stack, arn) : stack.rotate(arn));
        return [await observed(async () => ({ rotation: await byService(act, false) }))];
      }
      case "tryOut":
        if (unfinished(now)) return [];
        return [await observed(async () => ({ rotation: await byService(() => tryOut(stack, arn), true) }))];
      default:
        return [await observed((before) => change(operation, before))];
    }
  }

  async function change(operation: Operation, now: Snapshot): Promise<object> {
    if (operation.kind === "put") await putValue(stack, arn, valueByHand(now, operation.otherHost));
    if (operation.kind === "removePending" && now.pending) await removePending(stack, arn);
    if (operation.kind === "moveCurrentBack" && now.previous) await moveCurrent(stack, arn, now.previous);
    if (operation.kind === "cancel" && now.enabled) {
      await stack.operator.send(new CancelRotateSecretCommand({ SecretId: arn }));
    }
    return {};
  }

  async function recover(): Promise<void> {
    for (let remedies = 0; remedies < MOST_REMEDIES; remedies++) {
      const now = await look();
      if (unfinished(now) && !now.enabled) {
        // Secrets Manager refuses RotateSecret now. AWSPENDING has to be removed first, as AWS's page on
        // CancelRotateSecret says.
        await removePending(stack, arn);
        continue;
      }
      const rotated = unfinished(now) ? await reattempt(stack, arn) : (await stack.rotate(arn)).succeeded;
      const { current = "", working } = await look();
      if (rotated) return expect(working, "A finished rotation's password logs in.").toContain(current);
      followCommands(stack, lastFailure(stack, arn).message, {
        "<that version>": working[0] ?? "",
        "<the current version>": current,
      });
    }
    expect.fail(`The messages lead nowhere; the last one: ${lastFailure(stack, arn).message}`);
  }

  return { perform, recover };
}
