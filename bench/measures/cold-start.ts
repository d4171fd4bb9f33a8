import { randomUUID } from "node:crypto";
import { STEPS, type Step } from "../../local/secrets-manager/events.ts";
import type { RotationFunction } from "../functions.ts";
import { coldRotation, type StepTimes } from "../stage/rotation.ts";
import type { Stage } from "../stage/stage.ts";
import { median } from "../statistics.ts";
import type { Subjects } from "../subjects/builds.ts";
import { type Subject, startSubject } from "../subjects/subject.ts";

/** Medians in milliseconds, each from the start of a new process. */
export interface StartTimes {
  /** Until the process requests its first invocation. */
  readonly ready: number;
  /** Until the end of the step, if it is the first work of the process: includes modules that load late. */
  readonly steps: Record<Step, number>;
}

export interface ColdStart {
  readonly runs: number;
  readonly ours: StartTimes;
  readonly plain: StartTimes;
  /** A handler that does nothing. Its steps do not differ. */
  readonly empty: StartTimes;
}

/** Measures four cold starts of each subject in turn, so that a slow phase of the machine slows all of them. */
export async function measureColdStart(
  stage: Stage,
  subjects: Subjects,
  rotation: RotationFunction,
  runs: number,
): Promise<ColdStart> {
  const [ours, plain, empty] = await Promise.all([
    subjects.ours(rotation),
    subjects.plain(rotation),
    subjects.empty(),
  ]);
  const users = [await stage.newUser(rotation.strategy), await stage.newUser(rotation.strategy)] as const;
  const times: Record<"ours" | "plain" | "empty", StepTimes[]> = {
    ours: [],
    plain: [],
    empty: [],
  };
  for (let run = 0; run <= runs; run++) {
    times.ours.push(await coldRotation(stage, ours, users[0]));
    times.plain.push(await coldRotation(stage, plain, users[1]));
    times.empty.push(await coldStarts(stage, empty));
  }
  // The first run reads the files from the disk, and is also the first rotation of these secrets.
  return {
    runs,
    ours: startTimes(times.ours.slice(1)),
    plain: startTimes(times.plain.slice(1)),
    empty: startTimes(times.empty.slice(1)),
  };
}

/** Starts four processes with one invocation each. */
async function coldStarts(stage: Stage, subject: Subject): Promise<StepTimes> {
  const once = async () => {
    const environment = await startSubject(subject, stage);
    const init = await environment.init;
    const began = performance.now();
    await environment.invoke(randomUUID(), {});
    const handled = performance.now() - began;
    await environment.kill();
    return { init, handled };
  };
  return {
    createSecret: await once(),
    setSecret: await once(),
    testSecret: await once(),
    finishSecret: await once(),
  };
}

function startTimes(runs: readonly StepTimes[]): StartTimes {
  const toEnd = (step: Step) => median(runs.map((run) => run[step].init + run[step].handled));
  return {
    ready: median(runs.flatMap((run) => STEPS.map((step) => run[step].init))),
    steps: {
      createSecret: toEnd("createSecret"),
      setSecret: toEnd("setSecret"),
      testSecret: toEnd("testSecret"),
      finishSecret: toEnd("finishSecret"),
    },
  };
}
