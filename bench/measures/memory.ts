import { randomUUID } from "node:crypto";
import type { RotatedUser } from "../../local/rotated-user.ts";
import type { RotationFunction } from "../functions.ts";
import { peakMemory } from "../stage/peak-memory.ts";
import { rotationIn } from "../stage/rotation.ts";
import type { Stage } from "../stage/stage.ts";
import { median } from "../statistics.ts";
import type { Subjects } from "../subjects/builds.ts";
import { type Subject, startSubject } from "../subjects/subject.ts";

/** Median peak in bytes of a process that handles the four steps, with the heap limit of a 128 MB function. */
export interface Memory {
  readonly runs: number;
  readonly ours: number;
  readonly plain: number;
  readonly empty: number;
}

const SMALLEST_FUNCTION = 128;

export async function measureMemory(
  stage: Stage,
  subjects: Subjects,
  rotation: RotationFunction,
  runs: number,
): Promise<Memory> {
  const ours = await subjects.ours(rotation);
  const plain = await subjects.plain(rotation);
  const empty = await subjects.empty();
  const users = [await stage.newUser(rotation.strategy), await stage.newUser(rotation.strategy)] as const;
  const peaks = { ours: [] as number[], plain: [] as number[], empty: [] as number[] };
  for (let run = 0; run < runs; run++) {
    peaks.ours.push(await peakOf(stage, ours, users[0]));
    peaks.plain.push(await peakOf(stage, plain, users[1]));
    peaks.empty.push(await peakOf(stage, empty));
  }
  return {
    runs,
    ours: median(peaks.ours),
    plain: median(peaks.plain),
    empty: median(peaks.empty),
  };
}

async function peakOf(stage: Stage, subject: Subject, user?: RotatedUser): Promise<number> {
  const environment = await startSubject({ ...subject, memoryMegabytes: SMALLEST_FUNCTION }, stage);
  try {
    if (user) await rotationIn({ environment, isNew: true }, stage, user);
    else await environment.invoke(randomUUID(), {});
    return await peakMemory(environment.pid);
  } finally {
    await environment.kill();
  }
}
